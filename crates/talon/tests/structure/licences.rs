//! deny.toml, checked without cargo-deny: licences, sources, refused crates.

use std::{fs, process::Command};

use serde_json::Value;

use crate::graph::{packages, root};

fn deny() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn others() -> impl Iterator<Item = &'static Value> {
    packages().iter().filter(|package| !package["source"].is_null())
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

#[test]
fn every_licence_is_allowed() {
    let deny = deny();
    let allowed: Vec<_> = deny["licenses"]["allow"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    for package in others() {
        let expression = package["license"].as_str().unwrap_or_else(|| panic!("{} names no licence", name(package)));
        assert!(is_allowed(expression, &allowed), "{}: {expression}", name(package));
    }
}

/// "A OR B" asks for one of them, "A AND B" for all; a slash is an old way to say OR.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    if expression.contains('(') {
        // Of what stands in brackets here every part is allowed; ask for that, which is stricter.
        return plain.split(" OR ").flat_map(|part| part.split(" AND ")).all(|id| allowed.contains(&id.trim()));
    }
    plain.split(" OR ").any(|part| part.split(" AND ").all(|id| allowed.contains(&id.trim())))
}

#[test]
fn every_source_is_the_public_registry() {
    for package in others() {
        let source = package["source"].as_str().unwrap();
        assert!(
            source.starts_with("registry+https://github.com/rust-lang/crates.io-index"),
            "{}: {source}",
            name(package)
        );
    }
}

#[test]
fn no_refused_crate_is_built() {
    for rule in deny()["bans"]["deny"].as_array().unwrap() {
        let rule = rule["crate"].as_str().unwrap();
        let (refused, below) = rule.split_once("@<").map_or((rule, None), |(name, version)| (name, Some(version)));
        for (_, version) in built().into_iter().filter(|(name, _)| name == refused) {
            let old_enough = below.is_none_or(|limit| parts(&version) < parts(limit));
            assert!(!old_enough, "{refused} {version} is refused by {rule:?}");
        }
    }
}

/// Name and version of everything that some build compiles. `cargo metadata` and Cargo.lock also name
/// optional crates that a weak feature ("ring?/alloc") mentions and nobody switches on.
fn built() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--workspace", "--all-features", "--target", "all", "--prefix", "none"])
        .args(["--edges", "normal,build,dev"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
    };
    let built: Vec<_> = lines.lines().filter_map(line).collect();
    assert!(built.iter().any(|(name, _)| name == "aws-lc-rs"), "the tree is not read any more");
    built
}

fn parts(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}
