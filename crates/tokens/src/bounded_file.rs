//! Small files read with a bound.

use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    path::Path,
};

use crate::KeyError;

/// Opens a file.
pub(crate) fn open(path: &Path) -> Result<File, KeyError> {
    File::open(path).map_err(|cause| unreadable(path, cause))
}

/// Reads an open file that must not be larger than the limit, without ever holding more of it.
pub(crate) fn read(file: &File, path: &Path, limit: u64) -> Result<Vec<u8>, KeyError> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|cause| unreadable(path, cause))?;
    if bytes.len() as u64 > limit {
        return Err(KeyError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// The error for a file that did not open or read.
pub(crate) fn unreadable(path: &Path, cause: io::Error) -> KeyError {
    let path = path.to_owned();
    match cause.kind() {
        ErrorKind::NotFound => KeyError::Missing { path },
        _ => KeyError::Unreadable { path, cause },
    }
}
