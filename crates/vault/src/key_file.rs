//! The file of keys: one in a line, the one that seals first. Whoever has it can read every contact.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use tempfile::NamedTempFile;

use crate::keys::{KEY_LEN, Key, KeyId};

/// Why a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than its owner may read it.
    #[error("{}: others may read the keys of contacts; `chmod 600` it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// A line is no key. What stands there is not shown.
    #[error("{}:{line}: a key is 32 bytes in base64, one in a line", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// It has no keys.
    #[error("{}: there is no key in it; `talon keys rotate` makes one", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("no key can be made: the system gives no random numbers")]
    NoRandomness,
    /// The key that seals cannot be dropped.
    #[error("key {0} seals what is written now; make another first (`talon keys rotate`)")]
    InUse(String),
    /// No such key.
    #[error("{}: there is no key {id} in it", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The key.
        id: String,
    },
}

/// Reads the keys.
pub(crate) fn read(path: &Path) -> Result<Vec<Key>, KeyFileError> {
    let lines = lines(path)?;
    let mut keys = Vec::new();
    for (nth, line) in lines.iter().enumerate() {
        let key = bytes(line).and_then(|bytes| Key::of(&bytes));
        keys.push(key.ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned(), line: nth + 1 })?);
    }
    if keys.is_empty() { Err(KeyFileError::Empty { path: path.to_owned() }) } else { Ok(keys) }
}

/// Which state of the file it is.
pub(crate) fn state(path: &Path) -> Option<(u64, i64, i64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}

/// Makes the file with one key, mode 0600, unless there is one. Of two processes that do so at once one makes it.
///
/// # Errors
///
/// The folder cannot be written; no random numbers.
pub fn create_if_missing(path: &Path) -> Result<(), KeyFileError> {
    if path.exists() {
        return Ok(());
    }
    let file = written(path, &[new_key()?])?;
    match file.persist_noclobber(path) {
        Ok(_) => keep_name(path),
        Err(_) if path.exists() => Ok(()),
        Err(error) => Err(failed(path)(error.error)),
    }
}

/// Puts a new key first: what is sealed from now on is sealed by it, and the others still open what they sealed.
///
/// # Errors
///
/// The file cannot be read or replaced; no random numbers.
pub fn add(path: &Path) -> Result<KeyId, KeyFileError> {
    let (mut lines, key) = (lines(path)?, new_key()?);
    lines.insert(0, key);
    replace(path, &lines)?;
    let keys = read(path)?;
    keys.into_iter().next().map(|key| key.id).ok_or_else(|| KeyFileError::Empty { path: path.to_owned() })
}

/// Removes a key that nothing is sealed by any more; that nothing is, the caller knows.
///
/// # Errors
///
/// It is the key that seals, there is none of that name, or the file cannot be read or replaced.
pub fn drop_key(path: &Path, id: &str) -> Result<(), KeyFileError> {
    let (lines, keys) = (lines(path)?, read(path)?);
    match keys.iter().position(|key| key.id.as_str() == id) {
        Some(0) => Err(KeyFileError::InUse(id.to_owned())),
        Some(nth) => {
            let kept: Vec<_> =
                lines.into_iter().enumerate().filter(|(at, _)| *at != nth).map(|(_, line)| line).collect();
            replace(path, &kept)
        }
        None => Err(KeyFileError::Unknown { path: path.to_owned(), id: id.to_owned() }),
    }
}

fn lines(path: &Path) -> Result<Vec<String>, KeyFileError> {
    let about = fs::metadata(path).map_err(failed(path))?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err(KeyFileError::Open { path: path.to_owned() });
    }
    let text = fs::read_to_string(path).map_err(failed(path))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned()).collect())
}

fn bytes(line: &str) -> Option<[u8; KEY_LEN]> {
    STANDARD_NO_PAD.decode(line.trim_end_matches('=')).ok()?.try_into().ok()
}

fn new_key() -> Result<String, KeyFileError> {
    let mut bytes = [0; KEY_LEN];
    rand::fill(&mut bytes).map_err(|_| KeyFileError::NoRandomness)?;
    Ok(STANDARD_NO_PAD.encode(bytes))
}

/// In place of the file, whole or not at all: a server may read it at any moment, and half a file would cost it the keys.
fn replace(path: &Path, lines: &[String]) -> Result<(), KeyFileError> {
    written(path, lines)?.persist(path).map_err(|error| failed(path)(error.error))?;
    keep_name(path)
}

/// A name is durable only with its folder. Without this a loss of power might take a key with it by which contacts were
/// sealed meanwhile.
fn keep_name(path: &Path) -> Result<(), KeyFileError> {
    fs::File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(failed(path))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn written(path: &Path, lines: &[String]) -> Result<NamedTempFile, KeyFileError> {
    // Its owner's alone from the beginning.
    let mut file = NamedTempFile::new_in(folder(path)).map_err(failed(path))?;
    for line in lines {
        writeln!(file, "{line}").map_err(failed(path))?;
    }
    file.as_file().sync_all().map_err(failed(path))?;
    Ok(file)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |error| KeyFileError::Io { path: path.clone(), error }
}
