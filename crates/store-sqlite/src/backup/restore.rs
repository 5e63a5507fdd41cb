//! Putting a backup in a store's place.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, fcntl_lock};
use talon_store::{Result, StoreError};

use super::{
    Contents, Step, check,
    files::{self, Scratch},
    open_copy,
    seal::Sealed,
};
use crate::failure::store_error;

/// What the files of a store have behind its name: its own, the intake, and the logs that SQLite keeps beside both and would read into
/// whatever has its name.
const PARTS: [&str; 6] = ["", "-wal", "-journal", "-audit", "-audit-wal", "-audit-journal"];

/// What SQLite shares between processes about the logs, and makes anew.
const SHARED: [&str; 2] = ["-shm", "-audit-shm"];

/// What came of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the store holds now.
    pub contents: Contents,
    /// Where the store that was there before is now.
    pub kept: Option<PathBuf>,
}

/// Puts the backup `file` at `store`. Blocks.
///
/// The backup is copied beside `store`, compared with its seal, read from end to end and flushed
/// before anything else is touched. A store that is there is kept under its own name with the ending
/// `keep_as`, with the log that belongs to it; without an ending it is refused.
///
/// # Errors
///
/// [`StoreError::Open`] when `file` is no whole and unaltered backup, when a store is there and no
/// `keep_as` was given, or when another process has it open; [`StoreError::Unavailable`] when a
/// disk is full or fails. Nothing of a store that is there is removed before it is kept.
pub fn restore(file: &Path, store: &Path, keep_as: Option<&str>, progress: &mut dyn FnMut(Step)) -> Result<Restored> {
    let sealed = Sealed::open(file)?;
    // What a link names is replaced, and not the link.
    let store = fs::canonicalize(store).unwrap_or_else(|_| store.to_owned());
    let present = PARTS.iter().any(|end| beside(&store, end).exists());
    let kept = match (present, keep_as) {
        (false, _) => None,
        (true, Some(ending)) => Some(beside(&store, ending)),
        (true, None) => {
            return Err(StoreError::Open(format!(
                "there is a store at {}; with --force it is kept under another name and the backup takes its place",
                store.display()
            )));
        }
    };
    // Until the end: whoever opens the store meanwhile waits, and then finds that it was replaced.
    let _lock = lock(&store)?;
    let scratch = Scratch::beside(&store)?;
    sealed.unpack(scratch.copy(), &store, progress)?;
    progress(Step::Checking);
    let copied = open_copy(scratch.copy()).map_err(|error| files::named(file, store_error(&error)))?;
    let contents = check(copied, file)?;
    if let Some(kept) = &kept {
        keep(&store, kept)?;
    }
    // A log that outlived its store would be read into the restored one and destroy it.
    for end in PARTS.iter().filter(|end| !end.is_empty()).chain(&SHARED) {
        remove(&beside(&store, end))?;
    }
    files::flush_folder(&store)?;
    scratch.keep_as(&store)?;
    Ok(Restored { contents, kept })
}

/// Takes the lock that everybody who has a store open holds a part of: SQLite's connections keep a
/// shared one from their first read until they close. It is taken directly, because a store that is
/// replaced may be too damaged for SQLite. It goes when this process closes the file.
fn lock(store: &Path) -> Result<Option<File>> {
    let file = match File::options().read(true).write(true).open(store) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(files::failed(store, &error)),
    };
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).map_err(io::Error::from) {
        Ok(()) if file.metadata().is_ok_and(|about| files::is_file(store, &about)) => Ok(Some(file)),
        // Another restore ended between opening and locking.
        Ok(()) => Err(StoreError::Open(format!("{} was replaced in this moment; repeat", store.display()))),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::PermissionDenied) => {
            Err(StoreError::Open(format!(
                "{} is open in another process; stop the server (and every other talon) that works with it first",
                store.display()
            )))
        }
        Err(error) => Err(files::failed(store, &error)),
    }
}

/// Gives the present store, with its log, a second name.
fn keep(store: &Path, kept: &Path) -> Result<()> {
    for end in PARTS {
        match fs::hard_link(beside(store, end), beside(kept, end)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(files::failed(&beside(kept, end), &error));
            }
            _ => {}
        }
    }
    files::flush_folder(store)
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(files::failed(file, &error)),
        _ => Ok(()),
    }
}

/// The file beside another whose name has this ending.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
