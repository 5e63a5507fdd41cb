//! One chain, walked from its first link to its last.

use jiff::{SignedDuration, Timestamp};
use talon_store::{Behind, Chain, ChainEnd, ChainHash, Link};

use crate::{Checkpoint, Fault};

/// A chain on the way through it.
pub(crate) struct Walk<'c> {
    /// Those of the chain, the lowest number first.
    checkpoints: Vec<&'c Checkpoint>,
    /// How many of them lie behind.
    passed: usize,
    /// The last link.
    end: ChainEnd,
    /// When the first record behind the last checkpoint was made.
    uncovered: Option<(u64, Timestamp)>,
    /// How many records were found.
    pub(crate) records: u64,
    /// How many links.
    pub(crate) links: u64,
    /// What is wrong.
    pub(crate) faults: Vec<Fault>,
}

/// What is left to say of a chain that was walked.
pub(crate) struct Walked {
    /// Records that no checkpoint covers yet.
    pub(crate) uncovered: u64,
    /// What is wrong.
    pub(crate) faults: Vec<Fault>,
}

impl<'c> Walk<'c> {
    pub(crate) fn begin(chain: Chain, mut checkpoints: Vec<&'c Checkpoint>) -> Self {
        checkpoints.sort_by_key(|checkpoint| checkpoint.end.number);
        let end = ChainEnd::nothing(chain);
        Self { checkpoints, passed: 0, end, uncovered: None, records: 0, links: 0, faults: Vec::new() }
    }

    /// The checkpoint with which the chain was closed.
    pub(crate) fn closing(&self) -> Option<&'c Checkpoint> {
        self.checkpoints.iter().copied().find(|checkpoint| checkpoint.closed.is_some())
    }

    /// The number of the last link.
    pub(crate) fn number(&self) -> u64 {
        self.end.number
    }

    /// Takes the next link.
    pub(crate) fn link(&mut self, link: &Link) {
        let seal = &link.seal;
        let awaited = self.end.number + 1;
        self.links += 1;
        if seal.number < awaited {
            self.fault(format!("number {} is there twice", seal.number));
        }
        let gap = seal.number > awaited;
        if gap {
            self.fault(format!("numbers {awaited} to {} are missing: their seals were removed", seal.number - 1));
        }
        match &link.behind {
            Behind::Record(record) => {
                self.records += 1;
                // Behind a gap nothing can be computed; the checkpoints still say what the hash must be.
                if !gap && self.end.hash.next(record) != seal.hash {
                    self.fault(format!(
                        "number {}, record {} of {}: the record was edited, or it or its seal was exchanged",
                        seal.number, record.id, record.at
                    ));
                }
                if self.passed >= self.checkpoints.len() && self.uncovered.is_none() {
                    self.uncovered = Some((seal.number, record.at));
                }
            }
            Behind::Nothing => {
                self.fault(format!("number {}, record {}: the record was removed", seal.number, seal.audit));
            }
            Behind::Unreadable(why) => {
                self.fault(format!("number {}, record {}: the record was edited ({why})", seal.number, seal.audit));
            }
        }
        self.end.number = seal.number.max(self.end.number);
        self.end.hash = seal.hash;
        self.compare(seal.number, seal.hash);
    }

    /// Compares a link with the checkpoints of its number, and passes those that lie behind.
    fn compare(&mut self, number: u64, hash: ChainHash) {
        while let Some(checkpoint) = self.checkpoints.get(self.passed).copied()
            && checkpoint.end.number <= number
        {
            self.passed += 1;
            if checkpoint.end.number == number && checkpoint.end.hash != hash {
                self.fault(format!(
                    "up to number {number} it is another chain than the one signed at {}: it was rewritten",
                    checkpoint.at
                ));
            }
        }
    }

    /// The end: is this the one that the store keeps, and is nothing missing?
    pub(crate) fn finish(mut self, stored: Option<&ChainEnd>, now: Timestamp, patience: SignedDuration) -> Walked {
        let number = self.end.number;
        let last = self.checkpoints.last().map(|checkpoint| (checkpoint.end.number, checkpoint.at));
        match last {
            Some((signed, at)) if signed > number => self.fault(match number {
                0 => format!("all of it is gone: {signed} records were signed at {at}"),
                _ => {
                    format!("it ends with number {number}, and {signed} records were signed at {at}: it was truncated")
                }
            }),
            _ => {}
        }
        if stored.is_none_or(|stored| *stored != self.end) && self.links > 0 {
            self.fault(
                "its end is not the one that the store keeps: links or that end were removed or edited".to_owned(),
            );
        }
        if stored.is_some() && self.links == 0 && last.is_none() {
            self.fault("the store keeps its end, and no link: they were removed".to_owned());
        }
        let covered = last.map_or(0, |(signed, _)| signed.min(number));
        match self.uncovered {
            Some((first, at)) if now.duration_since(at) > patience => self.fault(format!(
                "numbers {first} to {number} are in no checkpoint, the first since {at}: the node could not write one or \
                 was killed before it did, a file was not given, or lines at its end were removed"
            )),
            _ => {}
        }
        Walked { uncovered: number - covered, faults: self.faults }
    }

    fn fault(&mut self, what: String) {
        self.faults.push(Fault::new(&self.end.chain, what));
    }
}
