//! Moving the write-ahead log into the file, off the writer's path and as often as Talon does.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use crate::clock;

const PAUSE: Duration = Duration::from_millis(100);
const LONG_LOG_PAGES: i64 = 16_384;

/// Set while the log should begin anew, which only the writer can let it do.
pub(super) type LogIsLong = Arc<AtomicBool>;

/// Starts the thread, if it is wanted; it ends with the process.
pub(super) fn start(path: &Path, wanted: bool) -> anyhow::Result<LogIsLong> {
    let log_is_long = LogIsLong::default();
    if wanted {
        drop(super::store::open(path)?);
        let (connection, flag) = (open(path)?, Arc::clone(&log_is_long));
        std::thread::Builder::new().name("checkpointer".into()).spawn(move || {
            loop {
                clock::wait(PAUSE);
                match checkpoint(&connection) {
                    Ok(pages) => flag.store(pages > LONG_LOG_PAGES, Ordering::Release),
                    Err(error) => eprintln!("the floor's log cannot be moved: {error}"),
                }
            }
        })?;
    }
    Ok(log_is_long)
}

/// Moves what it can; how many pages the log holds.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |row| row.get(1))
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -2_048)?;
    Ok(connection)
}
