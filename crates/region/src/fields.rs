//! The members of one object, taken out by key. Every fault is kept, so that a line's faults are
//! all named at once: a reader takes every key first and only then looks what it got.

use std::collections::HashSet;

use crate::{
    LineFault,
    json::{Json, Member},
};

/// Faults, and where in the line we are.
pub(crate) struct Faults {
    found: Vec<LineFault>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { found: Vec::new() }
    }

    pub(crate) fn add(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.found.push(LineFault::new(key, what));
    }

    pub(crate) fn into_found(self) -> Vec<LineFault> {
        self.found
    }
}

/// An object of which the keys are being taken.
pub(crate) struct Fields<'v, 'j> {
    /// What the keys are called in faults: `parts[0].`, or nothing.
    prefix: String,
    members: &'v [Member<'j>],
    taken: Vec<bool>,
    /// Where the next key is looked for first: lines mostly have their keys in the written order.
    next: usize,
    pub(crate) faults: &'v mut Faults,
}

impl<'v, 'j> Fields<'v, 'j> {
    pub(crate) fn new(prefix: String, members: &'v [Member<'j>], faults: &'v mut Faults) -> Self {
        Self { prefix, members, taken: vec![false; members.len()], next: 0, faults }
    }

    /// The full name of a key.
    pub(crate) fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    pub(crate) fn fault(&mut self, key: &str, what: impl Into<String>) {
        let key = self.name(key);
        self.faults.add(key, what);
    }

    /// The value of a key as it stands; `None` when it is not there. Null counts as a value.
    pub(crate) fn raw(&mut self, key: &str) -> Option<&'v Json<'j>> {
        let members = self.members;
        let (before, after) = members.split_at(self.next.min(members.len()));
        let ahead = after.iter().position(|(name, _)| name == key).map(|found| found + before.len());
        let found = ahead.or_else(|| before.iter().position(|(name, _)| name == key))?;
        self.taken[found] = true;
        self.next = found + 1;
        Some(&members[found].1)
    }

    /// The value of a key; `None`, with a fault, when it is missing or null.
    pub(crate) fn value(&mut self, key: &str) -> Option<&'v Json<'j>> {
        match self.raw(key) {
            Some(Json::Null) => self.fault(key, "must not be null"),
            Some(value) => return Some(value),
            None => self.fault(key, "missing"),
        }
        None
    }

    /// The value of a key that may be missing or null.
    pub(crate) fn optional(&mut self, key: &str) -> Option<&'v Json<'j>> {
        self.raw(key).filter(|value| **value != Json::Null)
    }

    /// Reports what was not taken: keys that do not exist, and keys given more than once.
    pub(crate) fn finish(mut self) {
        if self.taken.iter().all(|taken| *taken) {
            return;
        }
        let members = self.members.iter().zip(std::mem::take(&mut self.taken));
        let (taken, left): (Vec<_>, Vec<_>) = members.partition(|(_, taken)| *taken);
        let mut seen: HashSet<&str> = taken.into_iter().map(|((key, _), _)| key.as_ref()).collect();
        for ((key, _), _) in left {
            let what = if seen.insert(key) { "there is no such key" } else { "given more than once" };
            self.fault(&shown(key), what);
        }
    }
}

/// An unknown key as it may be shown: cut, without control characters.
fn shown(key: &str) -> String {
    let cut: String = key.chars().take(40).map(|c| if c.is_control() || c == '`' { '?' } else { c }).collect();
    if cut.chars().count() < key.chars().count() { format!("{cut}…") } else { cut }
}
