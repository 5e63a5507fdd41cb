//! The real binary, serving.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use crate::{attempt::Lost, client::Client, installation::Installation, power::Freeze};

/// How long a start may take, even after a crash on a slow disk.
const START: Duration = Duration::from_secs(60);

/// The line that says where it listens begins so.
const LISTENING: &str = "listening on http://";

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    errors: PathBuf,
    _stdout: Receiver<String>,
}

impl Server {
    /// Starts it on a free port and waits for the line that names the port.
    ///
    /// # Panics
    ///
    /// When it ends or stays silent instead, with what it wrote to standard error.
    #[must_use]
    pub fn start(installation: &Installation) -> Self {
        Self::try_start(installation).unwrap_or_else(|Lost(why)| panic!("the server does not start: {why}"))
    }

    /// As [`Server::start`], for a server that may fail to start.
    ///
    /// # Errors
    ///
    /// [`Lost`] with what it wrote to standard error.
    pub fn try_start(installation: &Installation) -> Result<Self, Lost> {
        let errors = installation.next_log();
        let log = fs::File::create(&errors).expect("the log file can be created");
        let mut child = installation
            .command("serve")
            .args(["--listen", "127.0.0.1:0"])
            .arg("--keys")
            .arg(installation.keys_path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run: {error}", installation.binary().display()));
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let (send, lines) = channel();
        // Reads to the end even when nobody listens: a full pipe would stop the server.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        match wait_for_address(&lines) {
            Ok(address) => Ok(Self { child, address, errors, _stdout: lines }),
            Err(why) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(Lost(format!("{why}\n{}", fs::read_to_string(&errors).unwrap_or_default())))
            }
        }
    }

    /// A client of this server.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server can be waited for");
    }

    /// Lets it go on after [`Freeze::freeze`].
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// SIGTERM, and waits until it has ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().expect("the server can be waited for")
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([name, &id]).status().expect("kill can be run");
        assert!(sent.success(), "SIG{name} cannot be sent");
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it wrote to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_default()
    }
}

impl Freeze for Server {
    /// SIGKILL ends it.
    fn freeze(&self) {
        self.signal("-STOP");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either fails when it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.stderr();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- the last that the server wrote ---\n{}", lines[lines.len().saturating_sub(20)..].join("\n"));
        }
    }
}

fn wait_for_address(lines: &Receiver<String>) -> Result<SocketAddr, String> {
    loop {
        let line = lines.recv_timeout(START).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("nothing like `{LISTENING}ADDR` in {START:?}"),
            RecvTimeoutError::Disconnected => format!("it ended without printing `{LISTENING}ADDR`"),
        })?;
        if let Some((_, address)) = line.split_once(LISTENING) {
            let address = address.split_whitespace().next().unwrap_or_default();
            return address.parse().map_err(|_| format!("not an address: {line}"));
        }
    }
}
