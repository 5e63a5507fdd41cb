//! Exchanges: lines that hang together by ties are judged as one page and applied as one page. So a file is
//! judged by what it comes to, and nobody who reads the store meanwhile sees an exchange half done: no cell
//! is away, and nothing is in two hands.
//!
//! Most inputs have none of these, and nothing is done for them.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Rows, params};
use talon_store::{Kind, Record};

use super::{
    Result,
    check::Check,
    ledger::{Ledger, Seq},
    pages::{Batch, DAMAGED, LINES, Stored, kind_at, number_of, records},
    staging::{blob_at, pair, seq_at},
};
use crate::{Line, write::append_line};

impl Check<'_> {
    /// Judges the exchanges of which all lines have been read and checked by themselves: those of kinds up
    /// to this one.
    pub(super) async fn settle(&mut self, kind: Kind) -> Result<()> {
        loop {
            self.fall()?;
            if self.ledger.faulty_lines() > self.faulty_lines {
                self.faulty_lines = self.ledger.faulty_lines();
                self.judge_rests(kind).await?;
                continue;
            }
            if self.unsettled.first().is_none_or(|first| *first > kind) {
                return Ok(());
            }
            self.unsettled.retain(|later| *later > kind);
            self.gather()?;
            if self.take_out(kind).await? {
                // There may be more ties, and so other exchanges.
                self.unsettled.insert(kind);
                continue;
            }
            for last in Kind::ALL.iter().filter(|last| **last <= kind) {
                self.judge_exchanges(*last, kind).await?;
            }
        }
    }

    /// Judges what is left of pages of which lines turned out to be faulty: it may have counted on those.
    async fn judge_rests(&mut self, kind: Kind) -> Result<()> {
        let connection = self.connection;
        let mut pages = connection.prepare("SELECT kind, lines, body, page FROM page WHERE kind = ? ORDER BY page")?;
        let mut rows = pages.query([number_of(kind)])?;
        while let Some(row) = rows.next()? {
            let page = Stored::read(row)?;
            let faulty = page.lines()?.iter().filter(|(line, _)| self.ledger.is_out(*line)).count();
            if faulty == self.rests.insert(row.get(3)?, faulty).unwrap_or(0) {
                continue;
            }
            let rest = page.batch(|line| !self.ledger.is_out(line))?;
            self.judge(&rest).await?;
            let good = rest.good(&self.ledger);
            if good.lines.len() < page.lines()?.len() - faulty {
                // There may be a long row of lines that count on one another.
                self.take_apart(&good).await?;
            }
        }
        Ok(())
    }

    /// Finds which of the tied lines hang together: each gets the number of its exchange, which is that of
    /// one of its lines, and the last kind in it. One on which no good line hangs any more stays on its page.
    fn gather(&mut self) -> Result<()> {
        let mut together = Together::default();
        let connection = self.connection;
        let mut ties = connection.prepare("SELECT line, holder FROM tie")?;
        let mut rows = ties.query([])?;
        while let Some(row) = rows.next()? {
            let (line, holder) = (seq_at(row, 0)?, seq_at(row, 1)?);
            if !self.ledger.is_out(line) && !self.ledger.is_out(holder) {
                together.join(line, holder);
            }
        }
        self.join_cells(&mut together)?;
        let mut tied = connection.prepare("SELECT line, kind FROM tied")?;
        let mut rows = tied.query([])?;
        let (mut lines, mut last) = (Vec::new(), HashMap::new());
        while let Some(row) = rows.next()? {
            let (line, kind) = (seq_at(row, 0)?, kind_at(row, 1)?);
            let exchange = together.find(line);
            if let Some(exchange) = exchange {
                let last = last.entry(exchange).or_insert(kind);
                *last = kind.max(*last);
            }
            lines.push((line, exchange));
        }
        let mut update = connection.prepare("UPDATE tied SET exchange = ?2, last = ?3 WHERE line = ?1")?;
        let mut delete = connection.prepare("DELETE FROM tied WHERE line = ?")?;
        for (line, exchange) in lines {
            if let Some((exchange, last)) = exchange.and_then(|exchange| Some((exchange, last.get(&exchange)?))) {
                update.execute(params![line.cast_signed(), exchange.cast_signed(), number_of(*last)])?;
            } else {
                self.ledger.stay(line);
                delete.execute([line.cast_signed()])?;
            }
        }
        Ok(())
    }

    /// Joins tied entries with their cells, if those are tied too: the one exchange must not need what only
    /// the other one brings.
    fn join_cells(&self, together: &mut Together) -> Result<()> {
        let mut select =
            self.connection.prepare("SELECT seq, resource, guid FROM tied JOIN slot ON seq = line WHERE kind = ?")?;
        let mut rows = select.query([number_of(Kind::Slot)])?;
        let mut cells = HashMap::new();
        while let Some(row) = rows.next()? {
            let (cell, facility) = (seq_at(row, 0)?, self.staged.resource_at(row, 1)?.facility);
            if !self.ledger.is_out(cell) {
                cells.insert(pair(facility, &row.get(2)?), cell);
            }
        }
        let mut select =
            self.connection.prepare("SELECT seq, slot FROM tied JOIN entry ON seq = line WHERE kind = ?")?;
        let mut rows = select.query([number_of(Kind::Entry)])?;
        while let Some(row) = rows.next()? {
            let (entry, cell) = (seq_at(row, 0)?, cells.get(blob_at(row, 1)?));
            if let Some(cell) = cell.filter(|_| !self.ledger.is_out(entry)) {
                together.join(entry, *cell);
            }
        }
        Ok(())
    }

    /// Copies tied lines out of their pages, and looks for what counted on one of them: it has to go with it.
    /// False when there was nothing to do.
    async fn take_out(&mut self, kind: Kind) -> Result<bool> {
        let connection = self.connection;
        let mut keep = connection.prepare("UPDATE tied SET body = ?2 WHERE line = ?1")?;
        let mut pages = connection.prepare("SELECT kind, lines, body, page FROM page WHERE kind = ? ORDER BY page")?;
        let (wanted, mut found) = (self.wanted(kind)?, 0);
        for (kind, wanted) in &wanted {
            if *kind == Kind::Facility {
                for (seq, facility) in self.small.facilities.values().filter(|(seq, _)| wanted.contains(seq)) {
                    let mut text = Vec::new();
                    append_line(&Line::Facility(facility.clone()), &mut text);
                    found += keep.execute(params![seq.cast_signed(), text])?;
                }
            }
            let mut rows = pages.query([number_of(*kind)])?;
            while let Some(row) = rows.next()? {
                let page = Stored::read(row)?;
                let mut lost = false;
                for (line, body) in page.lines()?.into_iter().filter(|(line, _)| wanted.contains(line)) {
                    found += keep.execute(params![line.cast_signed(), body])?;
                    lost = true;
                }
                if lost && self.taken_apart.insert(row.get(3)?) {
                    let good = page.batch(|line| !self.ledger.is_out(line))?;
                    self.take_apart(&good).await?;
                }
            }
        }
        match wanted.values().map(HashSet::len).sum::<usize>() == found {
            true => Ok(found > 0),
            false => Err(DAMAGED),
        }
    }

    /// The tied lines that are still to be taken out.
    fn wanted(&self, kind: Kind) -> Result<BTreeMap<Kind, HashSet<Seq>>> {
        let mut select = self.connection.prepare("SELECT line, kind FROM tied WHERE body IS NULL AND kind <= ?")?;
        let mut rows = select.query([number_of(kind)])?;
        let mut wanted: BTreeMap<_, HashSet<_>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            wanted.entry(kind_at(row, 1)?).or_default().insert(seq_at(row, 0)?);
        }
        Ok(wanted)
    }

    /// Judges the exchanges that end with the kind `last`.
    async fn judge_exchanges(&mut self, last: Kind, kind: Kind) -> Result<()> {
        let connection = self.connection;
        let mut select = connection.prepare(EXCHANGES)?;
        let mut exchanges = Exchanges::of(select.query([number_of(last)])?);
        while let Some(batch) = exchanges.next(&self.ledger)? {
            let judged: HashSet<Seq> = batch.lines.iter().copied().collect();
            for (line, record, fault) in batch.faults(self.store).await? {
                self.object(line, record, fault, &judged)?;
                // Whoever counted on this line is to be judged without it.
                self.unsettled.insert(kind);
            }
        }
        Ok(())
    }
}

/// The lines of exchanges that end with a kind.
pub(super) const EXCHANGES: &str =
    "SELECT exchange, line, kind, body FROM tied WHERE last = ? ORDER BY exchange, kind, line";

/// Exchanges in pages: each whole, and as many as a page takes.
pub(super) struct Exchanges<'s> {
    rows: Rows<'s>,
    /// What was read of the next page.
    ahead: Option<Member>,
}

struct Member {
    exchange: Seq,
    line: Seq,
    kind: Kind,
    records: Vec<Record>,
}

impl<'s> Exchanges<'s> {
    /// From the rows of [`EXCHANGES`].
    pub(super) fn of(rows: Rows<'s>) -> Self {
        Self { rows, ahead: None }
    }

    /// The good lines of the next page, in the order of their kinds, each kind in that of the input.
    pub(super) fn next(&mut self, ledger: &Ledger) -> Result<Option<Batch>> {
        let mut members: Vec<Member> = self.ahead.take().into_iter().collect();
        while let Some(row) = self.rows.next()? {
            let (exchange, line, kind) = (seq_at(row, 0)?, seq_at(row, 1)?, kind_at(row, 2)?);
            if ledger.is_out(line) {
                continue;
            }
            let member = Member { exchange, line, kind, records: records(kind, blob_at(row, 3)?)? };
            if members.len() >= LINES && members.last().is_some_and(|last| last.exchange != exchange) {
                self.ahead = Some(member);
                break;
            }
            members.push(member);
        }
        if members.is_empty() {
            return Ok(None);
        }
        members.sort_by_key(|member| (member.kind, member.line));
        let mut batch = Batch::default();
        for member in members {
            member.records.into_iter().for_each(|record| batch.push(member.line, record));
        }
        Ok(Some(batch))
    }
}

/// Sets of lines, each named by one of its lines.
#[derive(Default)]
struct Together(HashMap<Seq, Seq>);

impl Together {
    fn root(&mut self, line: Seq) -> Seq {
        let mut root = line;
        while let Some(parent) = self.0.get(&root).filter(|parent| **parent != root) {
            root = *parent;
        }
        // The next one has a shorter way.
        let mut at = line;
        while at != root {
            at = self.0.insert(at, root).unwrap_or(root);
        }
        root
    }

    /// The set of a line, if it was joined with another.
    fn find(&mut self, line: Seq) -> Option<Seq> {
        let root = self.root(line);
        self.0.contains_key(&root).then_some(root)
    }

    fn join(&mut self, one: Seq, other: Seq) {
        let (one, other) = (self.root(one), self.root(other));
        self.0.insert(one.max(other), one.min(other));
        self.0.insert(one.min(other), one.min(other));
    }
}
