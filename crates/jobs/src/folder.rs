//! Letters as files in a folder: for whoever has no relay, for trying out, for another program to send.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use async_trait::async_trait;

use crate::{
    courier::{Courier, Handed},
    letter::Letter,
};

/// A folder of `.eml` files, one a letter, named by the message's key. Written once more, a letter takes the place of
/// the same letter.
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path; makes it, for its owner alone, when it is missing.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        }
        Ok(Self(path.to_owned()))
    }
}

#[async_trait]
impl Courier for Folder {
    async fn hand(&self, letter: &Letter) -> Handed {
        let (folder, name, bytes) = (self.0.clone(), letter.name.clone(), letter.bytes.clone());
        match tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await {
            Ok(Ok(())) => Handed::Taken(None),
            Ok(Err(error)) => Handed::Closed(format!("the folder cannot be written: {error}")),
            // Why is left out: a panic's text may quote the letter.
            Err(_) => Handed::Closed("the folder was not written to the end".to_owned()),
        }
    }
}

/// Under another name first: whoever looks into the folder sees a whole letter or none. Durable before it counts.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let (unfinished, finished) = (folder.join(format!(".{name}.part")), folder.join(format!("{name}.eml")));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, &finished)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_letter_is_a_file_of_its_owners_and_the_same_letter_the_same_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/letters");
        let folder = Folder::open(&path).unwrap();
        for text in ["one", "two"] {
            let letter = Letter::of_bytes("key", text.as_bytes());
            assert_eq!(folder.hand(&letter).await, Handed::Taken(None));
        }
        let names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(names, [path.join("key.eml")]);
        assert_eq!(std::fs::read(&names[0]).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&names[0]).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_closed_and_refuses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(&directory.path().join("letters")).unwrap();
        std::fs::remove_dir(directory.path().join("letters")).unwrap();
        assert!(matches!(folder.hand(&Letter::of_bytes("key", b"one")).await, Handed::Closed(_)));
    }
}
