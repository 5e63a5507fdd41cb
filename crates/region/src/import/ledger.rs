//! What is known of each line: where it is, whether it is faulty, whether a later one replaces it.

use std::collections::BTreeMap;

use super::{ImportReport, InputFault};
use crate::LineFault;

/// Faults that are shown; the rest is counted.
const SHOWN: usize = 100;

/// A line's number, counted through all inputs, from 0, empty ones included.
pub(super) type Seq = u64;

#[derive(Default)]
pub(super) struct Ledger {
    /// Name and first line of each input.
    inputs: Vec<(String, Seq)>,
    faulty: Bits,
    replaced: Bits,
    exchanged: Bits,
    /// The first faults by line, then by order of discovery.
    shown: BTreeMap<(Seq, u64), LineFault>,
    faults: u64,
    faulty_lines: u64,
}

impl Ledger {
    pub(super) fn begin_input(&mut self, name: String, first: Seq) {
        self.inputs.push((name, first));
    }

    /// Makes a line faulty. What is already said of it is not said twice.
    pub(super) fn fault(&mut self, line: Seq, fault: LineFault) {
        if self.shown.range((line, 0)..(line + 1, 0)).any(|(_, said)| *said == fault) {
            return;
        }
        if !self.faulty.get(line) {
            self.faulty.set(line);
            self.faulty_lines += 1;
        }
        self.shown.insert((line, self.faults), fault);
        self.faults += 1;
        if self.shown.len() > SHOWN {
            self.shown.pop_last();
        }
    }

    /// A later line with the same key counts instead of this one.
    pub(super) fn replace(&mut self, line: Seq) {
        self.replaced.set(line);
    }

    /// Whether the line is out of the game.
    pub(super) fn is_out(&self, line: Seq) -> bool {
        self.faulty.get(line) || self.replaced.get(line)
    }

    pub(super) fn is_replaced(&self, line: Seq) -> bool {
        self.replaced.get(line)
    }

    /// The line is judged and applied together with others, apart from its page.
    pub(super) fn exchange(&mut self, line: Seq) {
        self.exchanged.set(line);
    }

    /// The line stays on its page after all.
    pub(super) fn stay(&mut self, line: Seq) {
        self.exchanged.unset(line);
    }

    pub(super) fn is_exchanged(&self, line: Seq) -> bool {
        self.exchanged.get(line)
    }

    /// Before everything is checked again: what is faulty is not looked at any more.
    pub(super) fn set_faulty_aside(&mut self) {
        self.replaced.add(&self.faulty);
        self.exchanged = Bits::default();
    }

    pub(super) fn faulty_lines(&self) -> u64 {
        self.faulty_lines
    }

    pub(super) fn is_clean(&self) -> bool {
        self.faults == 0
    }

    /// `FILE:LINE`, to point at another line.
    pub(super) fn place(&self, line: Seq) -> String {
        let (input, line) = self.locate(line);
        format!("{input}:{line}")
    }

    fn locate(&self, line: Seq) -> (&str, u64) {
        let after = self.inputs.partition_point(|(_, first)| *first <= line);
        match after.checked_sub(1).map(|index| &self.inputs[index]) {
            Some((name, first)) => (name, line - first + 1),
            None => ("", line + 1),
        }
    }

    pub(super) fn tell(&self, report: &mut ImportReport) {
        report.faulty_lines = self.faulty_lines;
        report.further_faults = self.faults - self.shown.len() as u64;
        report.faults = self
            .shown
            .iter()
            .map(|((line, _), fault)| {
                let (input, line) = self.locate(*line);
                InputFault { input: input.to_owned(), line, fault: fault.clone() }
            })
            .collect();
    }
}

/// A bit for each line: a hundred million lines take 12 MB.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn get(&self, at: u64) -> bool {
        let (word, bit) = split(at);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn set(&mut self, at: u64) {
        let (word, bit) = split(at);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    fn unset(&mut self, at: u64) {
        let (word, bit) = split(at);
        if let Some(word) = self.0.get_mut(word) {
            *word &= !bit;
        }
    }

    fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }
}

fn split(at: u64) -> (usize, u64) {
    (usize::try_from(at / 64).unwrap_or(usize::MAX), 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hundred_faults_by_line_are_shown_and_the_rest_counted() {
        let mut ledger = Ledger::default();
        ledger.begin_input("a".into(), 0);
        ledger.begin_input("empty".into(), 100);
        ledger.begin_input("b".into(), 100);
        for line in (0..150).rev() {
            ledger.fault(line, LineFault::of_line("bad"));
        }
        ledger.fault(0, LineFault::new("key", "worse"));
        let mut report = ImportReport::default();
        ledger.tell(&mut report);
        assert_eq!((report.faulty_lines, report.faults.len(), report.further_faults), (150, 100, 51));
        assert_eq!(report.faults[0].to_string(), "a:1: bad");
        assert_eq!(report.faults[1].to_string(), "a:1: worse, key `key`");
        assert_eq!(ledger.place(100), "b:1");
    }
}
