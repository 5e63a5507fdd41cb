//! Checking, kind by kind.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use rusqlite::Connection;
use talon_domain::{
    facility::{Facility, FacilityName},
    reference::Reference,
};
use talon_store::{Fault, Holder, Kind, Record, Store};

use super::{
    Progress, Result,
    card::OnePerFacility,
    input::Contents,
    ledger::{Ledger, Seq},
    links::LINKS,
    pages::{Batch, DAMAGED, LINES, Page, Turn},
    small::{Known, Small},
    staging::{Staged, per_kind, seq_at, text_at},
    superseded,
};
use crate::{Line, LineFault, parse_line};

/// The check of everything that was read.
pub(super) struct Check<'a> {
    pub(super) connection: &'a Connection,
    pub(super) store: &'a dyn Store,
    pub(super) reference: Arc<Reference>,
    pub(super) small: Small,
    pub(super) staged: Staged,
    pub(super) ledger: Ledger,
    /// The kind that is being checked.
    pub(super) kind: Kind,
    /// Whether a line turned out to be faulty that had been taken for a good one.
    pub(super) again: bool,
    /// The last kinds of exchanges that have not been judged.
    pub(super) unsettled: BTreeSet<Kind>,
    /// Pages whose lines are judged apart.
    pub(super) taken_apart: HashSet<i64>,
    /// Pages that were judged without their faulty lines, with the number of those.
    pub(super) rests: HashMap<i64, usize>,
    /// The faulty lines that were known when pages were judged.
    pub(super) faulty_lines: u64,
    /// Tables in which lines can be found by their keys.
    pub(super) indexed: HashSet<&'static str>,
    /// Whether the store's cells were gone through for entries without times.
    pub(super) stored_cells_read: bool,
    progress: &'a mut dyn FnMut(Progress),
    done: u64,
    total: u64,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        store: &'a dyn Store,
        connection: &'a Connection,
        contents: Contents,
        ledger: Ledger,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self {
            connection,
            store,
            reference: store.reference(),
            small: contents.small,
            staged: contents.staged,
            ledger,
            kind: Kind::Specialty,
            again: false,
            unsettled: BTreeSet::new(),
            taken_apart: HashSet::new(),
            rests: HashMap::new(),
            faulty_lines: 0,
            indexed: HashSet::new(),
            stored_cells_read: false,
            progress,
            done: 0,
            total: contents.lines,
        }
    }

    pub(super) async fn run(&mut self) -> Result<()> {
        self.kinds().await?;
        while std::mem::take(&mut self.again) {
            // What was checked since may have been good only with a line that is faulty.
            self.connection.execute_batch(
                "DELETE FROM page; DELETE FROM claim; DELETE FROM blocked; DELETE FROM tie; DELETE FROM tied;",
            )?;
            self.ledger.set_faulty_aside();
            self.unsettled.clear();
            self.taken_apart.clear();
            self.rests.clear();
            self.done = 0;
            self.kinds().await?;
        }
        Ok(())
    }

    async fn kinds(&mut self) -> Result<()> {
        for kind in Kind::ALL {
            self.kind = *kind;
            self.faulty_lines = self.ledger.faulty_lines();
            match kind {
                Kind::Specialty | Kind::Facility | Kind::Resource | Kind::Client => self.small(*kind).await?,
                Kind::Slot => {
                    superseded::mark(self.connection, *kind, &self.staged, &mut self.ledger)?;
                    self.slots().await?;
                }
                kind => self.staged_kind(*kind).await?,
            }
            self.settle(*kind).await?;
            self.small.drop_faulty(&self.ledger);
        }
        Ok(())
    }

    async fn staged_kind(&mut self, kind: Kind) -> Result<()> {
        superseded::mark(self.connection, kind, &self.staged, &mut self.ledger)?;
        for link in LINKS.iter().filter(|link| link.from == kind) {
            self.link(*link).await?;
        }
        match kind {
            Kind::Entry => self.entries().await,
            _ => self.texts(kind).await,
        }
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known { small: &self.small, stored: &self.reference }
    }

    /// Reference data: what it refers to, МКОД, and what the store says of it.
    async fn small(&mut self, kind: Kind) -> Result<()> {
        if kind == Kind::Facility {
            for (line, first) in self.small.shared_mkods() {
                let what = format!("{} has this МКОД too", self.ledger.place(first));
                self.ledger.fault(line, LineFault::new("mkod", what));
            }
            self.exchanged_codes()?;
        }
        let lines = self.small.lines(kind);
        for page in lines.chunks(LINES) {
            let mut batch = Batch::default();
            for (seq, line) in page {
                for fault in self.known().missing(line) {
                    self.ledger.fault(*seq, fault);
                }
                if !self.ledger.is_out(*seq) {
                    let records = line.clone().into_records(None).unwrap_or_default();
                    records.into_iter().for_each(|record| batch.push(*seq, record));
                }
            }
            self.judge(&batch).await?;
            self.report(page.len());
        }
        Ok(())
    }

    /// Facilities that take the МКОД that another one of the inputs has in the store.
    fn exchanged_codes(&mut self) -> Result<()> {
        let holder = |facility: &Facility| {
            let holder = self.reference.facility_named(&FacilityName::Mkod(facility.mkod.clone()))?;
            (holder.id != facility.id && self.small.facilities.contains_key(&holder.id)).then_some(holder.id)
        };
        let taking = self.small.facilities.values().filter(|(seq, _)| !self.ledger.is_out(*seq));
        let taking = taking.filter_map(|(seq, facility)| Some((*seq, facility.clone(), holder(facility)?)));
        for (line, facility, holder) in taking.collect::<Vec<_>>() {
            let what = format!("is the МКОД of facility {holder}");
            let fault = Fault { index: 0, key: "mkod", what, holders: vec![Holder::Facility(holder)] };
            self.object(line, &Record::Facility(facility), fault, &HashSet::new())?;
        }
        Ok(())
    }

    /// A kind of which the lines are staged as they are.
    async fn texts(&mut self, kind: Kind) -> Result<()> {
        let mut statement = self.connection.prepare(in_apply_order(kind))?;
        let mut rows = statement.query([])?;
        let mut page = Page::of(kind, Turn::Rest);
        let mut cards = OnePerFacility::default();
        while let Some(row) = rows.next()? {
            let seq = seq_at(row, 0)?;
            if self.ledger.is_replaced(seq) {
                continue;
            }
            let text = text_at(row, 1)?;
            let line = parse_line(text).map_err(|_| DAMAGED)?;
            for fault in self.known().missing(&line) {
                self.ledger.fault(seq, fault);
            }
            if let Line::Card(card) = &line {
                cards.see(seq, card, &mut self.ledger);
            }
            if !self.ledger.is_out(seq) {
                page.add(seq, text.as_bytes(), line.into_records(None).ok_or(DAMAGED)?);
            }
            if page.is_full() {
                self.finish(&mut page).await?;
            }
        }
        self.finish(&mut page).await
    }

    /// Has the page judged and lays it down; it is empty then.
    pub(super) async fn finish(&mut self, page: &mut Page) -> Result<()> {
        self.judge(&page.batch).await?;
        let lines = page.lay_down(self.connection)?;
        if lines > 0 {
            self.report(lines);
        }
        Ok(())
    }

    fn report(&mut self, lines: usize) {
        self.done += lines as u64;
        (self.progress)(Progress::Checking { done: self.done, total: self.total });
    }

    /// Ends the check: what apply needs of it.
    pub(super) fn into_result(self) -> (Small, Ledger) {
        (self.small, self.ledger)
    }
}

impl Small {
    /// The lines of a kind of reference data.
    pub(super) fn lines(&self, kind: Kind) -> Vec<(Seq, Line)> {
        match kind {
            Kind::Specialty => self.specialties.values().map(|(s, x)| (*s, Line::Specialty(x.clone()))).collect(),
            Kind::Facility => self.facilities.values().map(|(s, x)| (*s, Line::Facility(x.clone()))).collect(),
            Kind::Resource => self.resources.values().map(|(s, x)| (*s, Line::Resource(x.clone()))).collect(),
            Kind::Client => self.clients.values().map(|(s, x)| (*s, Line::Client(x.clone()))).collect(),
            _ => Vec::new(),
        }
    }
}

/// The lines of a kind in the order in which they will be applied: that of the keys, by which
/// stores keep them. Cards are kept by person.
fn in_apply_order(kind: Kind) -> &'static str {
    match kind {
        Kind::Card => "SELECT seq, body FROM card ORDER BY person, key",
        _ => per_kind!(kind, "SELECT seq, body FROM ", " ORDER BY key"),
    }
}
