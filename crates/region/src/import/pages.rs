//! Pages: what is good, laid down in the order in which it will be applied.

use rusqlite::{Connection, params};
use talon_store::{Kind, Record, Store};

use super::{
    ImportError, Result,
    ledger::{Ledger, Seq},
    staging::seq_at,
};
use crate::LineFault;

/// Lines of a page, which is one transaction of the store.
pub(super) const LINES: usize = 1000;

/// Records with the lines that they come from.
#[derive(Default)]
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

    /// Asks the store what would keep it from taking the records.
    pub(super) async fn check(&self, store: &dyn Store, ledger: &mut Ledger) -> Result<()> {
        if self.records.is_empty() {
            return Ok(());
        }
        for fault in store.check_page(&self.records).await? {
            let line = self.lines.get(fault.index);
            let line = line.ok_or(ImportError::Bug("the store found fault with a record that it was not given"))?;
            ledger.fault(*line, LineFault::new(fault.key, fault.what));
        }
        Ok(())
    }
}

/// A page that is being filled: the records for the store to check, and the lines as they will be
/// read again.
pub(super) struct Page {
    kind: Kind,
    pub(super) batch: Batch,
    /// For each line its number, its length and its bytes.
    body: Vec<u8>,
    lines: usize,
}

impl Page {
    pub(super) fn of(kind: Kind) -> Self {
        Self { kind, batch: Batch::default(), body: Vec::new(), lines: 0 }
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

    /// Has the page checked and lays it down; it is empty then.
    pub(super) async fn finish(
        &mut self,
        connection: &Connection,
        store: &dyn Store,
        ledger: &mut Ledger,
    ) -> Result<usize> {
        let lines = std::mem::take(&mut self.lines);
        if lines > 0 {
            self.batch.check(store, ledger).await?;
            let mut insert = connection.prepare_cached("INSERT INTO page (kind, lines, body) VALUES (?, ?, ?)")?;
            insert.execute(params![number_of(self.kind), lines as i64, self.body])?;
            self.batch.records.clear();
            self.batch.lines.clear();
            self.body.clear();
        }
        Ok(lines)
    }
}

fn number_of(kind: Kind) -> u8 {
    kind as u8
}

/// A page that was laid down.
pub(super) struct Stored {
    pub(super) kind: Kind,
    pub(super) lines: u64,
    body: Vec<u8>,
}

impl Stored {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> Result<Self> {
        let kind = Kind::ALL.get(usize::from(row.get::<_, u8>(0)?)).ok_or(DAMAGED)?;
        Ok(Self { kind: *kind, lines: seq_at(row, 1)?, body: row.get(2)? })
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

/// What was laid down comes back otherwise.
pub(super) const DAMAGED: ImportError = ImportError::Bug("the temporary file gives back other lines than it was given");
