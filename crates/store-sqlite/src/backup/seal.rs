//! The seal: the last bytes of a backup, by which it is known to be whole and unaltered. SQLite's pages
//! have no checksums, so that a flipped bit in a name would otherwise be restored as another name.
//!
//! A backup is a SQLite database, then [`MARK`], then the SHA-256 of the database. SQLite goes by the
//! number of pages in its header and takes no notice of what follows them: a backup can be looked into
//! with any tool.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use talon_store::{Result, StoreError};

use super::{Step, files};

const MARK: [u8; 16] = *b"talon backup v1\n";
const DIGEST_LENGTH: usize = 32;
const SEAL_LENGTH: usize = MARK.len() + DIGEST_LENGTH;

/// What is read at once.
const BLOCK: usize = 1 << 20;

/// Seals a finished copy.
pub(super) fn put(copy: &Path) -> io::Result<()> {
    let mut file = File::options().read(true).append(true).open(copy)?;
    let length = file.metadata()?.len();
    let digest = pass_on(&mut file, length, &mut io::sink(), &mut |_| ())?;
    file.write_all(&MARK)?;
    file.write_all(&digest)
}

/// A backup whose seal is there; whether it fits is known when all of it has been read.
pub(super) struct Sealed {
    path: PathBuf,
    file: File,
    length: u64,
    digest: [u8; DIGEST_LENGTH],
}

impl Sealed {
    /// Opens a backup.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let read = || -> io::Result<Option<Self>> {
            let mut file = File::open(path)?;
            let Some(length) = file.metadata()?.len().checked_sub(SEAL_LENGTH as u64) else { return Ok(None) };
            let (mut mark, mut digest) = ([0; MARK.len()], [0; DIGEST_LENGTH]);
            file.seek(SeekFrom::Start(length))?;
            file.read_exact(&mut mark)?;
            file.read_exact(&mut digest)?;
            file.rewind()?;
            Ok((mark == MARK).then(|| Self { path: path.to_owned(), file, length, digest }))
        };
        match read() {
            Ok(Some(sealed)) => Ok(sealed),
            Ok(None) => Err(StoreError::Open(format!(
                "{0} is not a backup that was finished: its end is missing. Either it was cut short, and another \
                 backup is needed; or it is a store's own file, which `talon backup --store sqlite:{0} FILE` makes a \
                 backup of",
                path.display()
            ))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(StoreError::Open(format!("there is no backup at {}", path.display())))
            }
            Err(error) => Err(files::failed(path, &error)),
        }
    }

    /// Writes the database without its seal into an empty file, which is to become `store`.
    pub(super) fn unpack(mut self, to: &Path, store: &Path, progress: &mut dyn FnMut(Step)) -> Result<()> {
        let failed = |error: io::Error| match error.kind() {
            // Only writing needs room.
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => files::full(store),
            _ => files::failed(&self.path, &error),
        };
        let mut target = File::options().write(true).open(to).map_err(failed)?;
        let mut told = |done| progress(Step::Copying { done, total: self.length });
        let digest = pass_on(&mut self.file, self.length, &mut target, &mut told).map_err(failed)?;
        if digest == self.digest {
            return Ok(());
        }
        Err(StoreError::Open(format!(
            "{} is damaged: it is not what was written when it was made; use another backup",
            self.path.display()
        )))
    }
}

/// Reads this many bytes, writes them on, and gives their SHA-256.
fn pass_on(
    from: &mut File,
    length: u64,
    to: &mut dyn Write,
    told: &mut dyn FnMut(u64),
) -> io::Result<[u8; DIGEST_LENGTH]> {
    let mut sum = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut done = 0;
    while done < length {
        let wanted = usize::try_from(length - done).unwrap_or(BLOCK).min(BLOCK);
        from.read_exact(&mut block[..wanted])?;
        sum.update(&block[..wanted]);
        to.write_all(&block[..wanted])?;
        done += wanted as u64;
        told(done);
    }
    Ok(sum.finalize().into())
}
