//! Who may know whom.

use crate::graph::{named_by, ours_named_by};

#[test]
fn the_domain_knows_nobody_and_does_no_io() {
    let allowed = ["email_address", "jiff", "thiserror", "uuid"];
    let named = named_by("talon-domain");
    assert!(named.iter().all(|name| allowed.contains(name)), "{named:?}");
}

#[test]
fn the_port_knows_the_domain_alone() {
    assert_eq!(ours_named_by("talon-store"), ["talon-domain"]);
}

#[test]
fn a_back_end_knows_the_port_the_domain_and_the_seals() {
    for back_end in ["talon-store-sqlite", "talon-store-postgres"] {
        assert_eq!(ours_named_by(back_end), ["talon-domain", "talon-store", "talon-vault"]);
    }
}

#[test]
fn use_cases_know_no_facade_and_no_back_end() {
    assert_eq!(ours_named_by("talon-app"), ["talon-domain", "talon-store", "talon-tokens"]);
}

#[test]
fn the_audit_knows_the_port_and_the_keys() {
    assert_eq!(ours_named_by("talon-audit"), ["talon-domain", "talon-store", "talon-tokens"]);
}

#[test]
fn no_facade_knows_another_facade_or_a_back_end() {
    let facades = ["talon-iemk", "talon-region"];
    for facade in facades {
        for name in ours_named_by(facade) {
            assert!(!facades.contains(&name) && !name.starts_with("talon-store-"), "{facade} knows {name}");
        }
    }
}

#[test]
fn jobs_know_the_use_cases_and_no_facade_and_no_back_end() {
    let known = ["talon-app", "talon-domain", "talon-store", "talon-ticket", "talon-tokens"];
    assert_eq!(ours_named_by("talon-jobs"), known);
}

#[test]
fn only_back_ends_speak_to_a_database() {
    for package in
        ["talon-domain", "talon-store", "talon-app", "talon-audit", "talon-iemk", "talon-jobs", "talon-tokens"]
    {
        for library in ["rusqlite", "tokio-postgres"] {
            assert!(!named_by(package).contains(library), "{package} names {library}");
        }
    }
}
