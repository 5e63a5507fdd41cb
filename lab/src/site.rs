//! The servers, the networks before them, and the board that tells clients where they are.

use std::{
    fs::File,
    io::Read,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use talon_testkit::{Freeze, Installation, Lost, Proxy, Server, TestKey, raise_file_limit};
use tokio::sync::watch;

use crate::{args::Nemesis, plan::HOLD, setup::Setup, store::Store};

/// Where each node can be reached; `None` while it is down.
pub(crate) type Board = Vec<Option<SocketAddr>>;

/// What runs.
pub(crate) struct Site {
    /// What nodes are started on.
    installation: Installation,
    /// The same store without a network before it, for commands.
    direct: Installation,
    store: Store,
    nodes: Vec<Node>,
    /// Whether clients reach a node through a network that can be disturbed.
    proxied: bool,
    board: watch::Sender<Board>,
    /// Panics that servers have logged.
    panics: Vec<String>,
}

/// A server and the network before it. A server that is started again has another port and so
/// another network.
struct Node {
    server: Server,
    proxy: Option<Proxy>,
}

impl Node {
    fn start(installation: &Installation, proxied: bool) -> Result<Self, Lost> {
        let server = Server::try_start(installation)?;
        let proxy = proxied.then(|| Proxy::start(server.address));
        Ok(Self { server, proxy })
    }

    fn address(&self) -> SocketAddr {
        self.proxy.as_ref().map_or(self.server.address, |proxy| proxy.address)
    }
}

impl Site {
    /// Makes an empty store. Nothing serves yet.
    ///
    /// # Errors
    ///
    /// The store cannot be had, or is not empty.
    pub(crate) fn prepare(setup: &Setup, key: &TestKey, scratch: &Path) -> anyhow::Result<Self> {
        raise_file_limit();
        let proxied = setup.suffers(Nemesis::Cut);
        let store = Store::open(&setup.backing, scratch, proxied)?;
        let mut installation = Installation::new(&setup.talon)
            // One person makes more requests here than any person does.
            .with_env("TALON_LIMITS_PERSON_BURST", "1000000")
            .with_env("TALON_LIMITS_PERSON_RATE", "1000000")
            .with_env("TALON_HOLD_TIME", &format!("{}s", HOLD.as_secs()))
            .with_env("TALON_LOG_LEVEL", "warn");
        if let Some(bug) = &setup.bug {
            installation = installation.with_env("TALON_PLANTED_BUG", bug);
        }
        installation.trust(&[key.jwk()]);
        let installation = store.install(installation);
        let direct = store.install_directly(Installation::new(&setup.talon));
        let (board, _) = watch::channel(vec![None; usize::from(setup.nodes)]);
        Ok(Self { installation, direct, store, nodes: Vec::new(), proxied, board, panics: Vec::new() })
    }

    /// Takes the region into the store.
    ///
    /// # Errors
    ///
    /// The store does not take it, with what the command said.
    pub(crate) fn import(&self, region: &Path) -> anyhow::Result<()> {
        let output = self.command("import").arg(region).output()?;
        ensure!(output.status.success(), "talon import failed:\n{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Whether the store has nothing yet. One that is not there, or that no Talon has used, has nothing.
    ///
    /// # Errors
    ///
    /// The binary cannot be run.
    pub(crate) fn is_empty(&self) -> anyhow::Result<bool> {
        let mut export = self.command("export");
        let mut export = export.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut output = export.stdout.take().context("standard output is a pipe")?;
        let read = output.read(&mut [0])?;
        // Of a large store the rest is of no interest.
        let _ = export.kill();
        export.wait()?;
        Ok(read == 0)
    }

    /// Starts every node.
    ///
    /// # Errors
    ///
    /// One does not start.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        let nodes = self.board.borrow().len();
        for number in 0..nodes {
            match Node::start(&self.installation, self.proxied) {
                Ok(node) => self.nodes.push(node),
                Err(Lost(why)) => bail!("node {number} does not start: {why}"),
            }
            self.announce(number);
        }
        Ok(())
    }

    /// Where the nodes are, now and whenever that changes.
    pub(crate) fn board(&self) -> watch::Receiver<Board> {
        self.board.subscribe()
    }

    /// Kills a node. Clients learn it first, so that only what is on its way is hit.
    pub(crate) fn kill(&mut self, number: usize) {
        self.board.send_modify(|board| board[number] = None);
        self.nodes[number].server.kill();
        self.look_for_panics(number);
    }

    /// Starts a killed node again.
    ///
    /// # Errors
    ///
    /// It does not start, with what it said.
    pub(crate) fn start_again(&mut self, number: usize) -> Result<(), Lost> {
        self.nodes[number] = Node::start(&self.installation, self.proxied)?;
        self.announce(number);
        Ok(())
    }

    /// Tells clients that no node that is down will come back, so that none waits for it.
    pub(crate) fn give_up(&mut self) {
        let board = self.board.borrow().clone();
        self.board = watch::Sender::new(board);
    }

    /// Stops a node where it stands. Clients are not told.
    pub(crate) fn freeze(&self, number: usize) {
        self.nodes[number].server.freeze();
    }

    /// Lets it go on.
    pub(crate) fn resume(&self, number: usize) {
        self.nodes[number].server.resume();
    }

    /// The network before a node.
    pub(crate) fn proxy(&self, number: usize) -> Option<&Proxy> {
        self.nodes[number].proxy.as_ref()
    }

    /// The store.
    pub(crate) fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Asks every node to stop; gives those that did not end well.
    pub(crate) fn stop_all(&mut self) -> Vec<usize> {
        let mut bad = Vec::new();
        for number in 0..self.nodes.len() {
            self.board.send_modify(|board| board[number] = None);
            if !self.nodes[number].server.stop().success() {
                bad.push(number);
            }
            self.look_for_panics(number);
        }
        bad
    }

    /// Kills every node.
    pub(crate) fn kill_all(&mut self) {
        (0..self.nodes.len()).for_each(|number| self.kill(number));
    }

    /// What servers have logged about panics so far.
    pub(crate) fn panics(&self) -> &[String] {
        &self.panics
    }

    /// A command of the binary on this store.
    pub(crate) fn command(&self, name: &str) -> Command {
        self.direct.command(name)
    }

    /// A file for what a command says beside its result; it is copied with the servers' logs.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub(crate) fn log(&self, name: &str) -> anyhow::Result<File> {
        Ok(File::create(self.log_path(name))?)
    }

    /// What the command said.
    pub(crate) fn read_log(&self, name: &str) -> String {
        std::fs::read_to_string(self.log_path(name)).unwrap_or_default()
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.installation.directory().join(format!("{name}.log"))
    }

    /// Copies what servers have logged.
    ///
    /// # Errors
    ///
    /// A log cannot be copied.
    pub(crate) fn copy_logs(&self, to: &Path) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(self.installation.directory())? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "log") {
                let name = path.file_name().context("a log has a name")?;
                std::fs::copy(&path, to.join(name))?;
            }
        }
        Ok(())
    }

    fn announce(&self, number: usize) {
        let address = self.nodes[number].address();
        self.board.send_modify(|board| board[number] = Some(address));
    }

    fn look_for_panics(&mut self, number: usize) {
        let log = self.nodes[number].server.stderr();
        self.panics.extend(log.lines().filter(|line| line.contains("panicked")).map(ToOwned::to_owned));
    }
}
