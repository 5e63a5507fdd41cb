//! The file of checkpoints: lines that are only ever appended, each on the disk before the next.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use talon_store::{Chain, ChainEnd, ChainHash};
use talon_tokens::OwnKey;

use crate::{Checkpoint, line_hash};

/// A file of checkpoints. Several processes may append to one.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    path: PathBuf,
}

impl CheckpointFile {
    /// The file at a path, which is made when the first line is written.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Proves that lines can be appended, without appending any.
    ///
    /// # Errors
    ///
    /// The file cannot be made or written.
    pub fn check(&self) -> io::Result<()> {
        self.open().map(drop)
    }

    /// Signs the ends of chains and appends them, each as a line. `closed` is the hash of the file that a chain was
    /// exported to, should it be removed now.
    ///
    /// # Errors
    ///
    /// The lines are not, or not all, on the disk.
    pub fn append(&self, ends: &[ChainEnd], closed: Option<ChainHash>, own: &OwnKey, now: Timestamp) -> io::Result<()> {
        let mut file = self.open()?;
        // Another process must not take the same line for the last one.
        file.lock()?;
        let mut before = last_line(&mut file)?.as_deref().map(line_hash);
        let mut text = String::new();
        for end in ends {
            let checkpoint = Checkpoint { end: *end, at: now, closed, before };
            let line = checkpoint.signed(own).map_err(io::Error::other)?;
            before = Some(line_hash(&line));
            text.push_str(&line);
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    /// How far the file covers each chain, by its own word.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read.
    pub fn covered(&self) -> io::Result<BTreeMap<Chain, ChainEnd>> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            file => file?,
        };
        let mut covered = BTreeMap::new();
        // Not text: a line that was damaged must not keep a node from serving.
        for line in BufReader::new(file).split(b'\n') {
            let line = line?;
            if let Some(checkpoint) = str::from_utf8(&line).ok().and_then(Checkpoint::unverified) {
                covered.insert(checkpoint.end.chain, checkpoint.end);
            }
        }
        Ok(covered)
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().create(true).read(true).append(true).open(&self.path)
    }
}

/// The last whole line. What stands behind it was cut off when a process died before it knew the line to be on the
/// disk; it is taken away, or the next line would be unreadable too.
fn last_line(file: &mut File) -> io::Result<Option<String>> {
    /// More than a line ever has.
    const TAIL: u64 = 16 * 1024;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < tail.len() {
        file.set_len(from + whole as u64)?;
    }
    let text = String::from_utf8_lossy(tail.get(..whole).unwrap_or_default());
    Ok(text.lines().next_back().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use talon_domain::audit::AuditKind;

    use super::*;
    use crate::Lines;

    #[test]
    fn lines_are_appended_one_behind_the_other_whatever_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let file = CheckpointFile::at(&folder.path().join("checkpoints"));
        let own = OwnKey::generate().unwrap();
        let now = "2026-04-14T09:00:00Z".parse().unwrap();
        let end = |number| {
            let day = "2026-04-14".parse().unwrap();
            let chain = Chain { node: "a".parse().unwrap(), kind: AuditKind::Read, day };
            ChainEnd { number, ..ChainEnd::nothing(chain) }
        };
        file.append(&[end(1), end(2)], None, &own, now).unwrap();
        let mut torn = OpenOptions::new().append(true).open(file.path()).unwrap();
        torn.write_all(b"{\"node\":\"a\",\"ki").unwrap();
        file.append(&[end(3)], None, &own, now).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let lines = Lines::read(&[("f".to_owned(), text)], &[own.public().unwrap()]);
        assert_eq!(lines.faults, []);
        assert_eq!(lines.checkpoints.iter().map(|it| it.end.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(file.covered().unwrap().values().copied().collect::<Vec<_>>(), [end(3)]);
    }
}
