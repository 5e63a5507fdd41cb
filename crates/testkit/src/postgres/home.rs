//! The directory of a server, and what clears it away whatever becomes of the test.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use super::programs::Programs;

/// Waits until the other end of its standard input is closed, which happens when the tests' process
/// ends, in whatever way; then stops the server and removes its files.
///
/// The postmaster's id is that in its file only if a process of that id names the data directory:
/// after a kill the file stays, and the id may by now be somebody else's. Such a file also names a
/// segment of shared memory that nobody else will remove. The removal is repeated because the
/// tests' process may have been killed while one of its children was still writing. A data directory
/// that lies elsewhere is emptied: the place where it lies is the test's.
const WATCH: &str = r#"
trap '' HUP INT TERM
home=${1:?} data=${2:?} programs=${3:?}
cat >/dev/null
if [ -e "$data/postmaster.pid" ]; then
  pid=$(sed -n 1p "$data/postmaster.pid")
  if grep -qsF "$data" "/proc/$pid/cmdline"; then
    # A server that was paused hears nothing.
    kill -CONT "$pid"
    "$programs/pg_ctl" stop --pgdata "$data" --mode immediate --silent --timeout 30
  fi
fi
if [ -e "$data/postmaster.pid" ]; then
  sed -n 7p "$data/postmaster.pid" | { read -r key segment && ipcrm --shmem-id "$segment"; }
fi
tries=0
until rm -rf "$data"/* "$home" 2>/dev/null || [ $tries -ge 50 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
"#;

/// A directory that belongs to the server's user. When this is dropped, or the tests' process ends,
/// what still runs in it is stopped and it is removed.
pub(super) struct Home {
    directory: PathBuf,
    data: PathBuf,
    lifeline: Option<ChildStdin>,
    watch: Child,
}

impl Home {
    /// A new one. The data may lie elsewhere.
    pub(super) fn new(programs: &Programs, data: Option<&Path>) -> Self {
        let directory =
            tempfile::Builder::new().prefix("talon-postgres-").tempdir().expect("a temporary directory can be made");
        // From here on the watch removes it.
        let directory = directory.keep();
        programs.give(&directory);
        let data = data.unwrap_or(&directory).join("data");
        // PostgreSQL takes no directory that others can read.
        DirBuilder::new()
            .mode(0o700)
            .create(&data)
            .unwrap_or_else(|error| panic!("{} cannot be made: {error}", data.display()));
        programs.give(&data);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WATCH, "watch"]).args([&directory, &data]).arg(programs.directory());
        // Standard error stays the tests' own: whoever reads it to its end has waited for this, too.
        let watch = programs.as_user(shell, Path::new("/")).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut watch = watch.expect("a shell can be run");
        Self { directory, data, lifeline: watch.stdin.take(), watch }
    }

    /// For the socket, the log and what else is needed.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// For the server's data.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // It says itself what it could not do.
        let _ = self.watch.wait();
    }
}
