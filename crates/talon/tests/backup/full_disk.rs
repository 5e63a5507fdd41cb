//! A backup for which there is no room.

use std::{fs, path::PathBuf, process::Command};

use talon_testkit::Crowd;

use crate::{done, installation, refused};

/// A small disk, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Where it cannot be had, `None`.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=128k", "none"]).arg(&at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn it_says_so_and_leaves_nothing() {
    let installation = installation();
    installation.import(&Crowd::new(600, 1, 1).region);
    let Some(disk) = SmallDisk::mount(installation.directory().join("small")) else {
        return eprintln!("the full disk was NOT tried: mounting a small one needs root");
    };
    let file = disk.0.join("a.backup");
    let message = refused(installation.command("backup").arg(&file));
    assert!(message.contains(&format!("the disk that holds {} is full", disk.0.display())), "{message}");
    assert_eq!(fs::read_dir(&disk.0).unwrap().count(), 0, "something is left");

    // The same on the way back.
    let file = installation.directory().join("a.backup");
    done(installation.command("backup").arg(&file));
    let target = format!("sqlite:{}", disk.0.join("talon.db").display());
    let message = refused(Command::new(env!("CARGO_BIN_EXE_talon")).args(["restore", "--store", &target]).arg(&file));
    assert!(message.contains(&format!("the disk that holds {} is full", disk.0.display())), "{message}");
    assert_eq!(fs::read_dir(&disk.0).unwrap().count(), 0, "something is left");
}
