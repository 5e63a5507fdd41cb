//! Applying what was found good.

use rusqlite::Connection;
use talon_store::{Kind, Record, Store};

use super::{
    ImportError, ImportOptions, ImportReport, Progress, Result,
    ledger::{Ledger, Seq},
    pages::{Batch, DAMAGED, LINES, Stored},
    slots,
    small::Small,
};
use crate::{LineFault, parse_line};

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
    for kind in [Kind::Specialty, Kind::Facility, Kind::Resource, Kind::Client] {
        for page in small.lines(kind).chunks(LINES) {
            let mut batch = Batch::default();
            for (seq, line) in page {
                let records = line.clone().into_records(None).ok_or(DAMAGED)?;
                records.into_iter().for_each(|record| batch.push(*seq, record));
            }
            if !apply.page(kind, batch, page.len() as u64).await? {
                return Ok(());
            }
        }
    }
    let mut statement = connection.prepare("SELECT kind, lines, body FROM page ORDER BY page")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let page = Stored::read(row)?;
        let batch = apply.batch(&page)?;
        if !apply.page(page.kind, batch, page.lines).await? {
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
    /// The records of a page, without what was found faulty after it was laid down.
    fn batch(&self, page: &Stored) -> Result<Batch> {
        let mut batch = Batch::default();
        for (seq, body) in page.lines()? {
            if self.ledger.is_out(seq) {
                continue;
            }
            if page.kind == Kind::Slot {
                batch.push(seq, Record::Slot(slots::unpack(body).ok_or(DAMAGED)?));
                continue;
            }
            let line = std::str::from_utf8(body).ok().and_then(|text| parse_line(text).ok()).ok_or(DAMAGED)?;
            for record in line.into_records(None).ok_or(DAMAGED)? {
                batch.push(seq, record);
            }
        }
        Ok(batch)
    }

    /// Applies a page. A line can turn out to be faulty here only when something else changed the
    /// store since the check. False when the import is to stop.
    async fn page(&mut self, kind: Kind, mut batch: Batch, lines: u64) -> Result<bool> {
        while !batch.records.is_empty() {
            // Only who keeps what is good needs the records a second time.
            let kept = if self.options.keep_good { batch.records.clone() } else { Vec::new() };
            let faults = self.store.import_page(std::mem::replace(&mut batch.records, kept)).await?;
            if faults.is_empty() {
                self.applied(kind, &batch.lines);
                break;
            }
            let before = batch.lines.len();
            for fault in faults {
                let line = batch.lines.get(fault.index);
                let line = line.ok_or(ImportError::Bug("the store found fault with a record that it was not given"))?;
                self.ledger.fault(*line, LineFault::new(fault.key, fault.what));
            }
            if !self.options.keep_good {
                return Ok(false);
            }
            batch = self.good(batch);
            if batch.lines.len() == before {
                return Err(ImportError::Bug("the store refuses a page without a fault of its lines"));
            }
        }
        self.done += lines;
        (self.progress)(Progress::Applying { done: self.done, total: self.total });
        Ok(true)
    }

    fn good(&self, batch: Batch) -> Batch {
        let mut good = Batch::default();
        for (line, record) in batch.lines.into_iter().zip(batch.records) {
            if !self.ledger.is_out(line) {
                good.push(line, record);
            }
        }
        good
    }

    fn applied(&mut self, kind: Kind, records: &[Seq]) {
        // A client application's line has two records.
        let lines = records.chunk_by(|one, other| one == other).count() as u64;
        self.report.templates_changed |= kind == Kind::Template;
        match self.report.applied.last_mut() {
            Some((last, count)) if *last == kind => *count += lines,
            _ => self.report.applied.push((kind, lines)),
        }
    }
}
