//! Ties: a line that wants what an object of the store has depends on the line of the input that changes
//! that object.
//!
//! What the store says of such a line is put aside, because the two may come to something good together.
//! That is found out by [`settle`](Check::settle).

use std::collections::HashSet;

use rusqlite::params;
use talon_store::{Fault, Kind, Record};

use super::{
    Result,
    check::Check,
    ledger::Seq,
    pages::{Batch, kind_at, number_of},
    staging::seq_at,
};
use crate::LineFault;

impl Check<'_> {
    /// Has the store judge records as one page. What it says of a line that may be helped by another line of
    /// the input waits until both are judged together.
    pub(super) async fn judge(&mut self, batch: &Batch) -> Result<()> {
        for (line, record, fault) in batch.faults(self.store).await? {
            self.object(line, record, fault, &HashSet::new())?;
        }
        Ok(())
    }

    /// Finds all ties between the lines of a page. A page is judged as a whole, so that what its lines give
    /// up to one another is not told. For each bit of their places in the page the lines that have it and
    /// those that do not are judged apart: any two lines differ in one bit at least.
    pub(super) async fn take_apart(&mut self, page: &Batch) -> Result<()> {
        let bits = usize::BITS - page.lines.len().saturating_sub(1).leading_zeros();
        for (bit, half) in (0..bits).flat_map(|bit| [(bit, 0), (bit, 1)]) {
            let mut batch = Batch::default();
            for (place, (line, record)) in page.lines.iter().zip(&page.records).enumerate() {
                if place >> bit & 1 == half {
                    batch.push(*line, record.clone());
                }
            }
            self.judge(&batch).await?;
        }
        Ok(())
    }

    /// Takes up a fault that the store finds. It is one, unless good lines that are not among those `judged`
    /// together with this one change what is in its way.
    pub(super) fn object(&mut self, line: Seq, record: &Record, fault: Fault, judged: &HashSet<Seq>) -> Result<()> {
        let mut others = self.helpers(record, &fault.holders)?;
        others.retain(|(other, _)| *other != line && !judged.contains(other));
        if others.is_empty() {
            self.refuse(line, record.kind(), LineFault::new(fault.key, fault.what));
            return Ok(());
        }
        let mut tied = 0;
        for (other, _) in &others {
            let mut select = self.connection.prepare_cached("SELECT 1 FROM tie WHERE holder = ? AND line = ?")?;
            tied += usize::from(select.exists([other.cast_signed(), line.cast_signed()])?);
        }
        if tied == others.len() { Ok(()) } else { self.tie(line, record.kind(), &fault, &others) }
    }

    /// Puts a fault aside that one of the other lines may lift.
    fn tie(&mut self, line: Seq, kind: Kind, fault: &Fault, others: &[(Seq, Kind)]) -> Result<()> {
        let blocked = self
            .connection
            .prepare_cached("INSERT INTO blocked (line, kind, key, what) VALUES (?, ?, ?, ?)")?
            .insert(params![line.cast_signed(), number_of(kind), fault.key, fault.what])?;
        self.exchanged(line, kind)?;
        for (other, other_kind) in others {
            self.connection.prepare_cached("INSERT INTO tie (blocked, line, holder) VALUES (?, ?, ?)")?.execute([
                blocked,
                line.cast_signed(),
                other.cast_signed(),
            ])?;
            self.exchanged(*other, *other_kind)?;
            self.unsettled.insert(kind.max(*other_kind));
        }
        Ok(())
    }

    fn exchanged(&mut self, line: Seq, kind: Kind) -> Result<()> {
        self.ledger.exchange(line);
        let mut insert = self.connection.prepare_cached("INSERT OR IGNORE INTO tied (line, kind) VALUES (?, ?)")?;
        insert.execute(params![line.cast_signed(), number_of(kind)])?;
        Ok(())
    }

    /// Makes a line faulty. What was checked since its own kind took it for a good one and has to be checked
    /// again.
    pub(super) fn refuse(&mut self, line: Seq, kind: Kind, fault: LineFault) {
        self.ledger.fault(line, fault);
        self.again |= kind < self.kind;
    }

    /// Makes lines faulty that could have become good only by others that turned out to be faulty.
    pub(super) fn fall(&mut self) -> Result<()> {
        let mut holders = self.connection.prepare("SELECT DISTINCT holder FROM tie")?;
        let mut rows = holders.query([])?;
        let mut fallen = Vec::new();
        while let Some(row) = rows.next()? {
            fallen.extend(Some(seq_at(row, 0)?).filter(|holder| self.ledger.is_out(*holder)));
        }
        while let Some(holder) = fallen.pop() {
            for (id, line, kind, fault) in self.blocked_by(holder)? {
                if self.may_be_lifted(id)? {
                    continue;
                }
                self.connection.prepare_cached("DELETE FROM blocked WHERE id = ?")?.execute([id])?;
                fallen.extend(Some(line).filter(|line| !self.ledger.is_out(*line)));
                self.refuse(line, kind, fault);
            }
        }
        Ok(())
    }

    fn blocked_by(&self, holder: Seq) -> Result<Vec<(i64, Seq, Kind, LineFault)>> {
        let mut select = self.connection.prepare_cached(
            "SELECT b.id, b.line, b.kind, b.key, b.what FROM tie t JOIN blocked b ON b.id = t.blocked \
             WHERE t.holder = ? ORDER BY b.id",
        )?;
        let mut rows = select.query([holder.cast_signed()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let fault = LineFault { key: row.get(3)?, what: row.get(4)? };
            found.push((row.get(0)?, seq_at(row, 1)?, kind_at(row, 2)?, fault));
        }
        Ok(found)
    }

    /// Whether a good line is among those that a fault rests on.
    fn may_be_lifted(&self, blocked: i64) -> Result<bool> {
        let mut select = self.connection.prepare_cached("SELECT holder FROM tie WHERE blocked = ?")?;
        let mut rows = select.query([blocked])?;
        while let Some(row) = rows.next()? {
            if !self.ledger.is_out(seq_at(row, 0)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
