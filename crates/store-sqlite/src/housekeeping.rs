//! What goes on beside the writer: moving the write-ahead log into the file, and noticing that
//! another process changed the reference data.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use rusqlite::Connection;

use crate::{open::open_checkpointer, reference, session::Published};

/// How often it looks. The log is moved small and often, so that no single move is long; an import
/// by another process is seen within this time, where the contract allows a second.
const PAUSE: Duration = Duration::from_millis(100);

/// How much the thread gives way to others ([`nice(2)`](https://man7.org/linux/man-pages/man2/nice.2.html)). Nobody waits
/// for a move of the log, but while one has the core, the writer whose next booking is there stands behind it. It still
/// gets a quarter of a core that another thread keeps busy (a weight of 335 beside 1,024), several times what the moves
/// need under the highest load.
#[cfg(target_os = "linux")]
const GIVES_WAY: i32 = 5;

/// Pages in the log from which on it should begin anew: 64 MiB.
const LONG_LOG_PAGES: i64 = 16_384;

/// Set while the log should begin anew. It can only when every page of it is moved and nobody
/// writes, so under load the writer has to move the few last ones itself, between two commits.
pub(crate) type LogIsLong = Arc<AtomicBool>;

/// The thread that keeps house.
pub(crate) struct Housekeeping {
    stop: Mutex<Option<Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Housekeeping {
    pub(crate) fn start(path: &Path, published: Arc<Published>, log_is_long: LogIsLong) -> std::io::Result<Self> {
        let connection = open_checkpointer(path).map_err(std::io::Error::other)?;
        let keeper = Keeper { connection, published, log_is_long };
        let (stop, stopped) = bounded(0);
        let thread = std::thread::Builder::new().name("store-keeper".into()).spawn(move || keeper.run(&stopped))?;
        Ok(Self { stop: Mutex::new(Some(stop)), thread: Mutex::new(Some(thread)) })
    }

    /// Ends it. Blocks.
    pub(crate) fn close(&self) {
        drop(self.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's housekeeping panicked");
        }
    }
}

struct Keeper {
    connection: Connection,
    published: Arc<Published>,
    log_is_long: LogIsLong,
}

impl Keeper {
    fn run(self, stopped: &Receiver<()>) {
        // On Linux this is the thread's own; where it is refused, the thread is an ordinary one.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(GIVES_WAY);
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(PAUSE) {
            if let Err(error) = self.notice_changes() {
                tracing::warn!(%error, "the reference data could not be read again");
            }
            match checkpoint(&self.connection) {
                Ok(pages) => self.log_is_long.store(pages > LONG_LOG_PAGES, Ordering::Release),
                Err(error) => tracing::warn!(%error, "the write-ahead log could not be moved into the file"),
            }
        }
    }

    fn notice_changes(&self) -> rusqlite::Result<()> {
        if reference::generation(&self.connection)? == self.published.get().0 {
            return Ok(());
        }
        let (generation, data) = reference::generation_and_data(&self.connection)?;
        self.published.set(generation, Arc::new(data));
        Ok(())
    }
}

/// Moves what it can of the log into the file. Waits for nobody, and nobody waits for it. Returns
/// how many pages the log holds.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |row| row.get(1))
}
