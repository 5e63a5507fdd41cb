//! Copying a store's pages while others write.

use std::path::Path;

use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    backup::{Backup, StepResult},
    ffi,
};
use talon_store::{Result, StoreError};

use super::{Step, files};
use crate::{
    audit,
    failure::store_error,
    intake,
    open::{check_identity, open_error, open_reader, read_intake},
};

/// How a copy is opened, which nobody else has open.
pub(super) const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Pages between two tidings of progress: 4 MiB.
const PAGES_A_STEP: i32 = 1024;

/// A store, seen at one moment for as long as it lives.
pub(super) struct Source {
    store: Connection,
    /// The file of its intake, where there is one.
    intake: Option<Connection>,
}

impl Source {
    /// Opens it.
    ///
    /// Without a transaction of ours around all of it SQLite would take a new state at every step and
    /// begin again whenever another connection has written: under load it never ends.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(StoreError::Open(format!("there is no store at {}", path.display())));
        }
        let fail = |error: rusqlite::Error| open_error(path, &error);
        let store = open_reader(path, None).map_err(fail)?;
        // It keeps a restore out from its first read on.
        check_identity(&store, path)?;
        // The intake first: what the store takes in afterwards is in both then, and the other way round it would be in none.
        let intake = read_intake(&intake::beside(path))?;
        store.execute_batch("BEGIN").map_err(fail)?;
        // The state is fixed by the first read and not by BEGIN; this is one.
        check_identity(&store, path)?;
        Ok(Self { store, intake })
    }

    /// Takes the records that waited in the intake into a copy of the store: a backup is one file.
    pub(super) fn take_in(&self, copy: &mut Connection) -> rusqlite::Result<()> {
        let Some(intake) = &self.intake else { return Ok(()) };
        let transaction = copy.transaction()?;
        intake::all(intake, |record| audit::insert(&transaction, record))?;
        transaction.commit()
    }
}

/// Copies every page of that state into an empty file.
pub(super) fn copy(source: &Source, to: &Path, progress: &mut dyn FnMut(Step)) -> rusqlite::Result<()> {
    let source = &source.store;
    let mut target = Connection::open_with_flags(to, FLAGS)?;
    // Whoever is interrupted leaves a file without a name, so nothing need be undone or flushed here.
    target.pragma_update(None, "journal_mode", "OFF")?;
    target.pragma_update(None, "synchronous", "OFF")?;
    let page: u32 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let bytes = |pages: i32| u64::try_from(pages).unwrap_or(0) * u64::from(page);
    let backup = Backup::new(source, &mut target)?;
    loop {
        let step = backup.step(PAGES_A_STEP)?;
        let pages = backup.progress();
        progress(Step::Copying { done: bytes(pages.pagecount - pages.remaining), total: bytes(pages.pagecount) });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Neither can be: the state is held, and nobody else knows the copy.
            _ => return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)),
        }
    }
}

/// What an error of [`copy`] means: it reads from one disk and writes to another.
pub(super) fn error(store: &Path, file: &Path, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => files::full(file),
        _ => files::named(store, store_error(error)),
    }
}
