//! PostgreSQL's own programs, and whom they run as.

use std::{
    env, fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

/// The variable that names their directory.
const DIRECTORY: &str = "TALON_TEST_POSTGRES_BIN";

/// Where Debian keeps them, by major version. They are not on the path there.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Whom they run as when the tests run as root, from whom PostgreSQL refuses to run.
const USER: &str = "postgres";

/// The programs of one version.
#[derive(Clone)]
pub(super) struct Programs {
    directory: PathBuf,
    /// User and group, where they are not the tests' own.
    user: Option<(u32, u32)>,
}

impl Programs {
    /// The newest, or those of `TALON_TEST_POSTGRES_BIN`.
    pub(super) fn find() -> Self {
        let directory = server_directory().unwrap_or_else(|| {
            panic!(
                "no PostgreSQL is installed: ./test installs it, or `apt-get install postgresql` does; \
                 or name its programs by {DIRECTORY}=DIRECTORY, or a server by {}=postgres://…",
                super::GIVEN
            )
        });
        let is_root = id("-u", None) == Some(0);
        let user = is_root.then(|| {
            let found = id("-u", Some(USER)).zip(id("-g", Some(USER)));
            found.unwrap_or_else(|| panic!("PostgreSQL does not run as root, and there is no user {USER}"))
        });
        Self { directory, user }
    }

    /// Where they are.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// One of them, in this directory.
    pub(super) fn command(&self, name: &str, directory: &Path) -> Command {
        self.as_user(Command::new(self.directory.join(name)), directory)
    }

    /// Any program, as their user, in this directory, without the machine's settings of PostgreSQL,
    /// and out of reach of a Ctrl+C that is meant for the tests: they go in their own order.
    pub(super) fn as_user(&self, mut command: Command, directory: &Path) -> Command {
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.current_dir(directory).process_group(0);
        command
    }

    /// Gives them a file or a directory.
    pub(super) fn give(&self, path: &Path) {
        if let Some((user, group)) = self.user {
            chown(path, Some(user), Some(group))
                .unwrap_or_else(|error| panic!("{} cannot be given to {USER}: {error}", path.display()));
        }
    }
}

/// Whether there is a PostgreSQL on this machine that can be started.
#[must_use]
pub fn is_installed() -> bool {
    server_directory().is_some()
}

/// A client: of the same version where there is one, or else the one on the path.
pub(super) fn client_program(name: &str) -> PathBuf {
    let beside = server_directory().map(|directory| directory.join(name));
    beside.filter(|program| program.exists()).unwrap_or_else(|| name.into())
}

fn server_directory() -> Option<PathBuf> {
    if let Some(named) = env::var_os(DIRECTORY) {
        return Some(named.into());
    }
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let of_debian = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse::<u32>().ok()?, version.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max()
        .map(|(_, programs)| programs);
    of_debian.or_else(|| {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).find(|programs| programs.join("initdb").exists())
    })
}

/// A number that `id` prints.
fn id(what: &str, user: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
