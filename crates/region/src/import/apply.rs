//! Applying what was found good.

use std::collections::BTreeMap;

use rusqlite::Connection;
use talon_store::{Kind, Store};

use super::{
    ImportError, ImportOptions, ImportReport, Progress, Result,
    exchange::{EXCHANGES, Exchanges},
    ledger::Ledger,
    pages::{Batch, DAMAGED, FOREIGN_FAULT, LINES, Stored, Turn, number_of},
    small::Small,
};
use crate::LineFault;

/// Applies everything, or stops at the first page that the store does not take after all.
pub(super) async fn apply(
    store: &dyn Store,
    connection: &Connection,
    small: Small,
    ledger: &mut Ledger,
    options: ImportOptions,
    report: &mut ImportReport,
    progress: &mut dyn FnMut(Progress),
) -> Result<()> {
    let staged: i64 = connection.query_row("SELECT coalesce(sum(lines), 0) FROM page", [], |row| row.get(0))?;
    let total = staged.cast_unsigned() + small.len() as u64;
    let mut apply = Apply { store, ledger, options, report, progress, done: 0, total };
    for kind in Kind::ALL {
        let applied = apply.pages(connection, *kind, Turn::Over).await?
            && apply.exchanges(connection, *kind).await?
            && apply.reference(&small, *kind).await?
            && apply.pages(connection, *kind, Turn::Rest).await?;
        if !applied {
            return Ok(());
        }
    }
    Ok(())
}

struct Apply<'a> {
    store: &'a dyn Store,
    ledger: &'a mut Ledger,
    options: ImportOptions,
    report: &'a mut ImportReport,
    progress: &'a mut dyn FnMut(Progress),
    done: u64,
    total: u64,
}

impl Apply<'_> {
    /// Applies the lines of reference data. This and what follows: false when the import is to stop.
    async fn reference(&mut self, small: &Small, kind: Kind) -> Result<bool> {
        for page in small.lines(kind).chunks(LINES) {
            let mut batch = Batch::default();
            for (seq, line) in page.iter().filter(|(seq, _)| !self.ledger.is_exchanged(*seq)) {
                let records = line.clone().into_records(None).ok_or(DAMAGED)?;
                records.into_iter().for_each(|record| batch.push(*seq, record));
            }
            if !self.page(batch, page.len() as u64).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn pages(&mut self, connection: &Connection, kind: Kind, turn: Turn) -> Result<bool> {
        let sql = "SELECT kind, lines, body FROM page WHERE kind = ? AND turn = ? ORDER BY page";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([number_of(kind), turn as u8])?;
        while let Some(row) = rows.next()? {
            let page = Stored::read(row)?;
            // Some was found faulty after it was laid down, and some goes elsewhere.
            let batch = page.batch(|line| !self.ledger.is_out(line) && !self.ledger.is_exchanged(line))?;
            if !self.page(batch, page.lines).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Applies the exchanges that end with a kind. Their lines are counted with the pages they come from.
    async fn exchanges(&mut self, connection: &Connection, last: Kind) -> Result<bool> {
        let mut statement = connection.prepare_cached(EXCHANGES)?;
        let mut exchanges = Exchanges::of(statement.query([number_of(last)])?);
        while let Some(batch) = exchanges.next(self.ledger)? {
            if !self.page(batch, 0).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Applies a page. A line can turn out to be faulty here only when something else changed the
    /// store since the check. False when the import is to stop.
    async fn page(&mut self, mut batch: Batch, lines: u64) -> Result<bool> {
        while !batch.records.is_empty() {
            // Only who keeps what is good needs the records a second time.
            let kinds = batch.lines_by_kind();
            let kept = if self.options.keep_good { batch.records.clone() } else { Vec::new() };
            let faults = self.store.import_page(std::mem::replace(&mut batch.records, kept), self.options.now).await?;
            if faults.is_empty() {
                self.applied(kinds);
                break;
            }
            let before = batch.lines.len();
            for fault in faults {
                let line = batch.lines.get(fault.index);
                let line = line.ok_or(FOREIGN_FAULT)?;
                self.ledger.fault(*line, LineFault::new(fault.key, fault.what));
            }
            if !self.options.keep_good {
                return Ok(false);
            }
            batch = batch.good(self.ledger);
            if batch.lines.len() == before {
                return Err(ImportError::Bug("the store refuses a page without a fault of its lines"));
            }
        }
        self.done += lines;
        (self.progress)(Progress::Applying { done: self.done, total: self.total });
        Ok(true)
    }

    fn applied(&mut self, kinds: BTreeMap<Kind, u64>) {
        for (kind, lines) in kinds {
            self.report.templates_changed |= kind == Kind::Template;
            match self.report.applied.binary_search_by_key(&kind, |(kind, _)| *kind) {
                Ok(place) => self.report.applied[place].1 += lines,
                Err(place) => self.report.applied.insert(place, (kind, lines)),
            }
        }
    }
}
