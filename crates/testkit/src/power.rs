//! Cutting the power without special hardware: an ext4 file system of its own is shut down without
//! flushing its journal, so that all that was not synced is gone.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// Why the rig cannot be had here.
#[derive(Clone, Debug)]
pub struct NoRig(pub String);

/// What stands still when the power goes.
pub trait Freeze {
    /// Stops every thread where it stands.
    fn freeze(&self);
}

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`. Asked for through Perl, which is part of
/// every Debian: a call of our own would need `unsafe`.
const CUT: &str = r#"open(my $d, "<", $ARGV[0]) or die "open: $!"; my $f = pack("L", 2); ioctl($d, 0x8004587d, $f) or die "ioctl: $!";"#;

/// A file system whose power can be cut.
pub struct PowerRig {
    directory: TempDir,
}

impl PowerRig {
    /// Makes and mounts it.
    ///
    /// # Errors
    ///
    /// [`NoRig`] where root, loop devices or a tool is missing.
    pub fn new() -> Result<Self, NoRig> {
        let directory = tempfile::tempdir().map_err(|error| NoRig(error.to_string()))?;
        let rig = Self { directory };
        run(Command::new("id").arg("-u")).and_then(|id| match id.trim() {
            "0" => Ok(()),
            _ => Err(NoRig("it needs root".into())),
        })?;
        run(Command::new("truncate").args(["-s", "400M"]).arg(rig.image()))?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(rig.image()))?;
        std::fs::create_dir(rig.mount_point()).map_err(|error| NoRig(error.to_string()))?;
        rig.mount()?;
        // Shows now, and not in the first cut, that the file system can be shut down.
        rig.shut_down()?;
        rig.remount()?;
        Ok(rig)
    }

    /// Where it is mounted.
    #[must_use]
    pub fn mount_point(&self) -> PathBuf {
        self.directory.path().join("mnt")
    }

    /// Cuts the power of disk and processor: a server, which must be killed before
    /// [`PowerRig::remount`], runs no further, nothing more reaches the disk, and nothing that was
    /// not synced is on it.
    ///
    /// The server is frozen first because a file system that is forced down under a running one
    /// is no loss of power: ext4 of Linux 6.18 then told a flush in progress that it had succeeded
    /// (in 5 of 80 cuts, of a single process that wrote with SQLite and nothing else), and the
    /// server went on to answer for it.
    ///
    /// # Errors
    ///
    /// [`NoRig`] with what the tool said.
    pub fn cut(&self, server: &impl Freeze) -> Result<(), NoRig> {
        server.freeze();
        self.shut_down()
    }

    fn shut_down(&self) -> Result<(), NoRig> {
        run(Command::new("perl").args(["-e", CUT]).arg(self.mount_point())).map(|_| ())
    }

    /// Mounts what is left, as a machine does that gets its power back.
    ///
    /// # Errors
    ///
    /// [`NoRig`] with what the tool said.
    pub fn remount(&self) -> Result<(), NoRig> {
        run(Command::new("umount").arg(self.mount_point()))?;
        self.mount()
    }

    fn mount(&self) -> Result<(), NoRig> {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(self.mount_point())).map(|_| ())
    }

    fn image(&self) -> PathBuf {
        self.directory.path().join("img")
    }
}

impl Drop for PowerRig {
    fn drop(&mut self) {
        let mounted: &Path = &self.mount_point();
        // Fails when it was never mounted. Lazily, since a test that failed may have left a server.
        let _ = Command::new("umount").args(["--lazy", "--quiet"]).arg(mounted).output();
    }
}

fn run(command: &mut Command) -> Result<String, NoRig> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| NoRig(format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(NoRig(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
