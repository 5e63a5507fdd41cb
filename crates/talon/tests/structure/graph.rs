//! The dependency graph, as cargo tells it.

use std::{collections::BTreeSet, path::PathBuf, process::Command, sync::LazyLock};

use serde_json::Value;

/// What `cargo metadata` says.
pub(crate) static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every package.
pub(crate) fn packages() -> &'static Vec<Value> {
    METADATA["packages"].as_array().unwrap()
}

/// The packages that a crate of ours names, but for its tests.
pub(crate) fn named_by(package: &str) -> BTreeSet<&'static str> {
    let found = packages().iter().find(|found| found["name"] == package);
    let found = found.unwrap_or_else(|| panic!("there is no package {package}"));
    let dependencies = found["dependencies"].as_array().unwrap().iter();
    dependencies
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| dependency["name"].as_str().unwrap())
        .collect()
}

/// Those of them that are ours.
pub(crate) fn ours_named_by(package: &str) -> Vec<&'static str> {
    named_by(package).into_iter().filter(|name| name.starts_with("talon")).collect()
}
