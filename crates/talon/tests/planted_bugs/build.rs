//! The build with the bugs.

use std::path::PathBuf;

use talon_testkit::Installation;

/// Where it is, from the workspace's root. `TALON_PLANTED_BIN` names another place.
const PLACE: &str = "target/planted/talon";

/// What makes it. Only the store and the binary differ by the feature, so this is cheap.
const COMMAND: &str = "cargo build -p talon --features planted-bugs && mkdir -p target/planted && \
                       cp target/debug/talon target/planted/talon && cargo build -p talon";

/// An installation whose binary has this bug.
pub(crate) fn with_bug(name: &str) -> Installation {
    let binary = std::env::var_os("TALON_PLANTED_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(PLACE), PathBuf::from);
    assert!(binary.exists(), "{} is missing; it is made in the workspace's root by\n{COMMAND}", binary.display());
    Installation::new(binary).with_env("TALON_PLANTED_BUG", name)
}
