//! Files that hold a secret: opened only when nobody else may, created whole or not at all.

use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    path::Path,
};

use crate::{KeyError, bounded_file};

/// More than any private key takes, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;

/// Reads a secret.
///
/// # Errors
///
/// Others than the owner have rights to the file. Looked up on the open file, so that the file
/// checked is the file read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    let file = bounded_file::open(path)?;
    if others_may_open(&file).map_err(|cause| bounded_file::unreadable(path, cause))? {
        return Err(KeyError::RightsTooOpen { path: path.to_owned() });
    }
    bounded_file::read(&file, path, LARGEST_FILE)
}

/// Creates a secret with mode 0600. False when the file is there already, which is then untouched.
///
/// The bytes are written and synced under another name first: a crash leaves no half of a key
/// under the real one, and two servers that start at once end up with the same key.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<bool, KeyError> {
    let failed = |cause| KeyError::NotCreated { path: path.to_owned(), cause };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // `tempfile` creates with O_EXCL and mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(other) => return Err(failed(other.error)),
    }
    // The name itself is durable only with its directory.
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    Ok(true)
}

#[cfg(unix)]
fn others_may_open(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_open(_: &File) -> io::Result<bool> {
    Ok(false)
}
