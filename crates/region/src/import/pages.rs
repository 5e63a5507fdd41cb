//! Pages: what is good, laid down in the order in which it will be applied.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use talon_store::{Fault, Kind, Record, Store};

use super::{
    ImportError, Result,
    ledger::{Ledger, Seq},
    slots,
    staging::seq_at,
};
use crate::parse_line;

/// Lines of a page, which is one transaction of the store. Lines that exchange what they have go together:
/// of those a page has as many as it takes.
pub(super) const LINES: usize = 1000;

/// Records with the lines that they come from.
#[derive(Clone, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// The line of each record.
    pub(super) lines: Vec<Seq>,
}

impl Batch {
    pub(super) fn push(&mut self, line: Seq, record: Record) {
        self.records.push(record);
        self.lines.push(line);
    }

    /// Without what was found faulty.
    pub(super) fn good(self, ledger: &Ledger) -> Self {
        let mut good = Self::default();
        for (line, record) in self.lines.into_iter().zip(self.records) {
            if !ledger.is_out(line) {
                good.push(line, record);
            }
        }
        good
    }

    /// How many lines there are of each kind. A client application's line has two records.
    pub(super) fn lines_by_kind(&self) -> BTreeMap<Kind, u64> {
        let mut kinds = BTreeMap::new();
        let mut last = None;
        for (line, record) in self.lines.iter().zip(&self.records) {
            if last.replace(line) != Some(line) {
                *kinds.entry(record.kind()).or_default() += 1;
            }
        }
        kinds
    }

    /// What would keep the store from taking the records, with the line and the record of each fault.
    pub(super) async fn faults(&self, store: &dyn Store) -> Result<Vec<(Seq, &Record, Fault)>> {
        if self.records.is_empty() {
            return Ok(Vec::new());
        }
        let faults = store.check_page(&self.records).await?.into_iter();
        faults
            .map(|fault| {
                let at_fault = self.lines.get(fault.index).zip(self.records.get(fault.index));
                let (line, record) = at_fault.ok_or(FOREIGN_FAULT)?;
                Ok((*line, record, fault))
            })
            .collect()
    }
}

/// A fault of a record that the store was not given.
pub(super) const FOREIGN_FAULT: ImportError =
    ImportError::Bug("the store found fault with a record that it was not given");

/// Which pages of a kind are applied first.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    /// Entries that are over: what they held is free for others.
    Over,
    /// All others.
    Rest,
}

/// A page that is being filled: the records for the store to check, and the lines as they will be
/// read again.
pub(super) struct Page {
    kind: Kind,
    turn: Turn,
    pub(super) batch: Batch,
    /// For each line its number, its length and its bytes.
    body: Vec<u8>,
    lines: usize,
}

impl Page {
    pub(super) fn of(kind: Kind, turn: Turn) -> Self {
        Self { kind, turn, batch: Batch::default(), body: Vec::new(), lines: 0 }
    }

    pub(super) fn add(&mut self, line: Seq, body: &[u8], records: impl IntoIterator<Item = Record>) {
        self.body.extend_from_slice(&line.to_le_bytes());
        self.body.extend_from_slice(&(body.len() as u64).to_le_bytes());
        self.body.extend_from_slice(body);
        self.lines += 1;
        for record in records {
            self.batch.push(line, record);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.lines >= LINES
    }

    /// Lays the page down; it is empty then. Gives the number of its lines.
    pub(super) fn lay_down(&mut self, connection: &Connection) -> Result<usize> {
        let lines = std::mem::take(&mut self.lines);
        if lines > 0 {
            let mut insert =
                connection.prepare_cached("INSERT INTO page (kind, turn, lines, body) VALUES (?, ?, ?, ?)")?;
            insert.execute(params![number_of(self.kind), self.turn as u8, lines as i64, self.body])?;
            self.batch.records.clear();
            self.batch.lines.clear();
            self.body.clear();
        }
        Ok(lines)
    }
}

/// A kind as it stands in a column.
pub(super) fn number_of(kind: Kind) -> u8 {
    kind as u8
}

pub(super) fn kind_at(row: &rusqlite::Row<'_>, column: usize) -> Result<Kind> {
    Kind::ALL.get(usize::from(row.get::<_, u8>(column)?)).copied().ok_or(DAMAGED)
}

/// A page that was laid down.
pub(super) struct Stored {
    pub(super) kind: Kind,
    pub(super) lines: u64,
    body: Vec<u8>,
}

impl Stored {
    /// Out of the columns kind, lines and body.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> Result<Self> {
        Ok(Self { kind: kind_at(row, 0)?, lines: seq_at(row, 1)?, body: row.get(2)? })
    }

    /// The records of the lines that are wanted.
    pub(super) fn batch(&self, wanted: impl Fn(Seq) -> bool) -> Result<Batch> {
        let mut batch = Batch::default();
        for (seq, body) in self.lines()? {
            if wanted(seq) {
                records(self.kind, body)?.into_iter().for_each(|record| batch.push(seq, record));
            }
        }
        Ok(batch)
    }

    /// The lines, with their numbers.
    pub(super) fn lines(&self) -> Result<Vec<(Seq, &[u8])>> {
        let (mut lines, mut rest) = (Vec::with_capacity(LINES), self.body.as_slice());
        while !rest.is_empty() {
            let (line, after) = rest.split_first_chunk().ok_or(DAMAGED)?;
            let (length, after) = after.split_first_chunk().ok_or(DAMAGED)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| DAMAGED)?;
            let (body, after) = after.split_at_checked(length).ok_or(DAMAGED)?;
            lines.push((Seq::from_le_bytes(*line), body));
            rest = after;
        }
        Ok(lines)
    }
}

/// The records of a line as a page has it.
pub(super) fn records(kind: Kind, body: &[u8]) -> Result<Vec<Record>> {
    if kind == Kind::Slot {
        return Ok(vec![Record::Slot(slots::unpack(body).ok_or(DAMAGED)?)]);
    }
    let line = std::str::from_utf8(body).ok().and_then(|text| parse_line(text).ok()).ok_or(DAMAGED)?;
    line.into_records(None).ok_or(DAMAGED)
}

/// What was laid down comes back otherwise.
pub(super) const DAMAGED: ImportError = ImportError::Bug("the temporary file gives back other lines than it was given");
