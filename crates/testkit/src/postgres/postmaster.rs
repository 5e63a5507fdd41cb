//! The running server.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use rustix::process::{Pid, Signal};

use super::family::{freeze, kill_all, signal_all, thaw};

/// How long a start may take, even after a crash on a slow disk.
const START: Duration = Duration::from_secs(60);

/// In the line that says that it is; a standby adds for what.
const READY: &str = "database system is ready to accept";

/// A server that has started. Ended at once when dropped.
pub(super) struct Postmaster {
    child: Child,
    /// Ends when no process of the server is left: each of them holds the other end.
    log: Option<JoinHandle<()>>,
}

impl Postmaster {
    /// Runs the command and waits until it serves.
    ///
    /// # Errors
    ///
    /// When it ends or stays silent instead; the log says why.
    pub(super) fn start(mut command: Command, log: &Path) -> Result<Self, String> {
        let file = File::options().create(true).append(true).open(log).expect("the log can be written");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} cannot be run: {error}", command.get_program().to_string_lossy()))?;
        let lines = child.stderr.take().expect("standard error is a pipe");
        let (send, ready) = channel();
        let log = std::thread::spawn(move || keep_log(lines, file, send));
        let server = Self { child, log: Some(log) };
        match ready.recv_timeout(START) {
            Ok(()) => Ok(server),
            Err(RecvTimeoutError::Timeout) => Err(format!("nothing like `{READY}` in {START:?}")),
            Err(RecvTimeoutError::Disconnected) => Err("it ended".into()),
        }
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends connections, writes a checkpoint, ends.
    pub(super) fn stop(mut self) {
        signal_all(&[self.pid()], Signal::INT);
        self.wait();
    }

    /// SIGKILL to each of its processes, and waits until none is left.
    pub(super) fn kill(mut self) {
        self.end();
    }

    /// Stops each of its processes where it stands.
    pub(super) fn freeze(&self) {
        freeze(self.pid());
    }

    /// Lets them go on.
    pub(super) fn thaw(&self) {
        thaw(self.pid());
    }

    fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let children = freeze(self.pid());
            kill_all(&children);
            kill_all(&[self.pid()]);
        }
        self.wait();
    }

    fn wait(&mut self) {
        self.child.wait().expect("the postmaster can be waited for");
        if let Some(log) = self.log.take() {
            // Fails only if the log could not be written, which is no fault of the server's.
            let _ = log.join();
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.end();
    }
}

/// Writes the log and tells, once, that the server is ready. Reads to the end even when nobody
/// listens any more: a full pipe would stop the server.
fn keep_log(lines: ChildStderr, mut file: File, ready: Sender<()>) {
    for line in BufReader::new(lines).split(b'\n').map_while(Result::ok) {
        let _ = file.write_all(&[&line[..], b"\n"].concat());
        if String::from_utf8_lossy(&line).contains(READY) {
            let _ = ready.send(());
        }
    }
}
