//! A thousand connections need more open files than the usual 1,024.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises this process's limit of open files, and so that of servers started from here on, as far
/// as the system allows.
pub fn raise_file_limit() {
    let most = getrlimit(Resource::Nofile).maximum;
    // Left as it is where that is refused; a test that needs more then fails at its connections.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most });
}
