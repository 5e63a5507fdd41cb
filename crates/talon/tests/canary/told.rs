//! What operators are told beside the log and the metrics.

use std::net::SocketAddr;

use serde_json::json;
use talon_testkit::Installation;

use crate::{
    canaries::{BIRTH_DATE, EMAIL, FAMILY, GIVEN, PHONE, POLICY, WORD},
    common::talon,
    world::World,
};

/// Where the metrics are, from the log line that says so, in either form.
pub(crate) fn metrics_address(logs: &str) -> SocketAddr {
    let (_, after) = logs.split_once("metrics").unwrap_or_else(|| panic!("no metrics in {logs}"));
    let address = after.trim_start_matches(['=', '"', ':']).split(['"', ' ', '\n']).next().unwrap();
    address.parse().unwrap_or_else(|error| panic!("{address}: {error}"))
}

/// What commands print that are not there to show a person's data.
pub(crate) fn by_commands(installation: &Installation, world: &World) -> Vec<(String, Vec<u8>)> {
    let store = installation.store_url();
    let mut told = Vec::new();
    for command in ["doctor", "config", "client list", "messages list", "messages count"] {
        let mut run = talon(installation.directory());
        let output = run.args(command.split(' ')).args(["--store", &store]).output().unwrap();
        told.push((format!("talon {command}"), [output.stdout, output.stderr].concat()));
    }
    let output = installation.try_import(&faulty_region(world));
    assert!(!output.status.success(), "a faulty region is taken");
    told.push(("talon import".to_owned(), [output.stdout, output.stderr].concat()));
    told
}

/// Lines each of which has a fault where a canary stands.
fn faulty_region(world: &World) -> String {
    let person = json!({
        "type": "person", "guid": "9e500000-0000-4000-8000-00000000ffff", "family": FAMILY, "given": GIVEN,
        "birth_date": BIRTH_DATE, "sex": "female", "policy": {"number": POLICY},
    });
    let card = json!({
        "type": "card", "facility": world.facility.guid, "guid": "ca4d0000-0000-4000-8000-00000000ffff",
        "person": "9e500000-0000-4000-8000-00000000fffe", "number": FAMILY, "email": EMAIL, "phone": PHONE,
    });
    let mut lines = vec![card.to_string()];
    for (line, key) in [(&person, "birth_date"), (&person, "sex"), (&person, "policy"), (&person, "guid")] {
        let mut line = line.clone();
        line[key] = json!(format!("{FAMILY} {POLICY}"));
        lines.push(line.to_string());
    }
    for key in ["email", "phone", "person", "facility"] {
        let mut line = card.clone();
        line[key] = json!(format!("{WORD}\n{EMAIL}"));
        lines.push(line.to_string());
    }
    lines.push(person.to_string()[..60].to_owned());
    lines.push(format!("{FAMILY} {POLICY}"));
    lines.join("\n")
}
