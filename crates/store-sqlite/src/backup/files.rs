//! Files around a backup: what may be overwritten, where a copy is made, and how it gets its name.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use talon_store::{Result, StoreError};
use tempfile::TempDir;

use super::IfPresent;

/// Whether a path names this file.
pub(super) fn is_file(path: &Path, file: &Metadata) -> bool {
    fs::metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (file.dev(), file.ino()))
}

/// Refuses to write a backup over something that must stay.
pub(super) fn refuse_target(store: &Path, file: &Path, if_present: IfPresent) -> Result<()> {
    let refuse = |why: &str| Err(StoreError::Open(format!("{} {why}", file.display())));
    let Ok(present) = fs::metadata(file) else { return Ok(()) };
    if present.is_dir() {
        return refuse("is a folder; name a file in it");
    }
    if is_file(store, &present) {
        return refuse("is the store itself; name another file");
    }
    match if_present {
        IfPresent::Refuse => refuse("exists already; name another file, or give --force to replace it"),
        IfPresent::Replace => Ok(()),
    }
}

/// A folder of our own beside the file that a copy will become: on the same disk, so that naming it is
/// one step, and readable by nobody else. SQLite's files beside the copy go with it.
pub(super) struct Scratch {
    copy: PathBuf,
    _folder: TempDir,
}

impl Scratch {
    /// Makes it, with an empty file for the copy in it.
    pub(super) fn beside(file: &Path) -> Result<Self> {
        let parent = folder(file);
        let owner_alone = fs::Permissions::from_mode(0o700);
        let made = tempfile::Builder::new().prefix(".talon-copy-").permissions(owner_alone).tempdir_in(parent);
        let folder = made.map_err(|error| match error.kind() {
            ErrorKind::NotFound => StoreError::Open(format!("there is no folder {}; make it first", parent.display())),
            _ => failed(parent, &error),
        })?;
        let copy = folder.path().join("copy.db");
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600).open(&copy).map_err(|error| failed(file, &error))?;
        Ok(Self { copy, _folder: folder })
    }

    /// The copy's file.
    pub(super) fn copy(&self) -> &Path {
        &self.copy
    }

    /// Flushes the copy and gives it its name, so that after a loss of power there is a whole file or
    /// the one that was there before.
    pub(super) fn keep_as(self, file: &Path) -> Result<()> {
        let flushed = File::open(&self.copy).and_then(|copy| copy.sync_all());
        flushed.and_then(|()| fs::rename(&self.copy, file)).map_err(|error| failed(file, &error))?;
        flush_folder(file)
    }
}

/// Makes the names in a file's folder durable.
pub(super) fn flush_folder(file: &Path) -> Result<()> {
    let folder = folder(file);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, &error))
}

/// What an error of the system means for whoever wanted to use `path`.
pub(super) fn failed(path: &Path, error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => full(path),
        ErrorKind::PermissionDenied => {
            StoreError::Unavailable(format!("{}: {error}; check the rights on file and folder", path.display()))
        }
        _ => StoreError::Unavailable(format!("{}: {error}", path.display())),
    }
}

/// There is no room for this file.
pub(super) fn full(file: &Path) -> StoreError {
    let what = format!("the disk that holds {} is full; free some space, then repeat", folder(file).display());
    StoreError::Unavailable(what)
}

/// The same error, saying which file it is about.
pub(super) fn named(path: &Path, error: StoreError) -> StoreError {
    let named = |what: String| format!("{}: {what}", path.display());
    match error {
        StoreError::Damaged(what) => StoreError::Damaged(named(what)),
        StoreError::Open(what) => StoreError::Open(named(what)),
        StoreError::Unavailable(what) => StoreError::Unavailable(named(what)),
        other => other,
    }
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
