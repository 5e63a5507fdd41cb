//! The store's state, read line by line from `talon export`, so that it is read in the same way from
//! every store, and none of it is held that is not needed.

use std::{collections::HashMap, io::BufRead};

use anyhow::Context;
use serde::{Deserialize, de::DeserializeOwned};
use talon_testkit::Violation;

use super::{
    entries::{self, Entry},
    records::{AuditLine, Messages, Records},
    violation,
};
use crate::{history::Attempt, plan::Plan};

/// What the store holds.
#[derive(Default)]
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    pub(super) messages: u64,
    pub(super) records: u64,
    pub(super) violations: Vec<Violation>,
}

/// A line of `message`.
#[derive(Deserialize)]
pub(super) struct MessageLine {
    pub(super) facility: String,
    pub(super) entry: String,
    pub(super) version: u32,
    pub(super) kind: String,
}

/// Reads an export. Entries stand before messages and audit in it.
///
/// # Errors
///
/// It cannot be read, or a line of it cannot be understood.
pub(super) fn read(plan: &Plan, history: &[Attempt], lines: impl BufRead) -> anyhow::Result<Found> {
    let known = entries::Known::of(plan);
    let mut found = Found::default();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut messages = Messages::default();
    let mut records = Records::expecting(plan, history);
    for line in lines.lines() {
        let line = line.context("talon export cannot be read")?;
        let Some(kind) = line.strip_prefix(r#"{"type":""#).and_then(|rest| rest.split('"').next()) else { continue };
        match kind {
            "entry" => match known.entry(plan, parse(&line)?) {
                Ok(entry) => {
                    by_id.insert(entry.id.clone(), found.entries.len());
                    found.entries.push(entry);
                }
                Err(what) => found.violations.push(violation("stranger", what)),
            },
            "message" => {
                found.messages += 1;
                let message: MessageLine = parse(&line)?;
                let entry = by_id.get(&format!("{}{}", message.facility, message.entry)).copied();
                found.violations.extend(messages.add(message, entry));
            }
            "audit" => {
                found.records += 1;
                let record: AuditLine = parse(&line)?;
                found.violations.extend(records.add(&record, &by_id));
            }
            _ => {}
        }
    }
    found.violations.extend(messages.missing(&found.entries));
    found.violations.extend(records.missing(&found.entries));
    Ok(found)
}

fn parse<T: DeserializeOwned>(line: &str) -> anyhow::Result<T> {
    serde_json::from_str(line).with_context(|| format!("a line of talon export: {line}"))
}
