//! Entries. What a line leaves out is filled in from its cell and its resource; cells that the
//! inputs do not have are looked for in the store.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use talon_domain::{
    entry::Entry,
    ids::{ResourceId, ResourceKey, SlotKey},
};
use talon_store::{Kind, KnownKey, Record};

use super::{
    ImportError, Result,
    check::Check,
    ledger::Seq,
    pages::{DAMAGED, LINES, Page, Turn},
    slots::{skipped, unpack_rest},
    small::no_such,
    staging::{blob_at, pair, referral_key, seq_at, slot_key, text_at, unpacked},
};
use crate::{EntryLine, Line, LineFault, parse_line, write::append_line};

/// What an entry needs to know of its cell.
struct Cell {
    start: Timestamp,
    minutes: u16,
    /// Resource and places, of a cell of the inputs; of the store's the store knows.
    own: Option<(ResourceId, u16)>,
}

impl Check<'_> {
    pub(super) async fn entries(&mut self) -> Result<()> {
        if self.staged.count(Kind::Entry) == 0 {
            return Ok(());
        }
        let connection = self.connection;
        connection.execute_batch("CREATE INDEX IF NOT EXISTS slot_guid ON slot (guid)")?;
        let mut statement = connection.prepare("SELECT seq, body FROM entry ORDER BY key")?;
        let mut rows = statement.query([])?;
        let mut waiting: Vec<(Seq, EntryLine)> = Vec::with_capacity(LINES);
        let mut pages = [Page::of(Kind::Entry, Turn::Over), Page::of(Kind::Entry, Turn::Rest)];
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
            let Line::Entry(entry) = line else { return Err(DAMAGED) };
            waiting.push((seq, entry));
            if waiting.len() == LINES {
                self.some_entries(std::mem::take(&mut waiting), &mut pages).await?;
            }
        }
        self.some_entries(waiting, &mut pages).await?;
        for page in &mut pages {
            self.finish(page).await?;
        }
        self.crowded()
    }

    /// Completes entries and puts them on their pages: those that are over, and the others.
    async fn some_entries(&mut self, lines: Vec<(Seq, EntryLine)>, [over, rest]: &mut [Page; 2]) -> Result<()> {
        let mut cells = Vec::with_capacity(lines.len());
        for (_, line) in &lines {
            cells.push(self.cell(line)?);
        }
        self.ask_for_cells(&lines, &mut cells).await?;
        for ((seq, line), cell) in lines.into_iter().zip(cells) {
            let room = cell.as_ref().and_then(|cell| cell.own).map(|(_, places)| places);
            let Some(entry) = self.entry(seq, line, cell) else { continue };
            if self.ledger.is_out(seq) {
                continue;
            }
            self.claim(seq, &entry, room)?;
            let page = if entry.state.is_live() { &mut *rest } else { &mut *over };
            let mut text = Vec::new();
            let record = Record::Entry(entry);
            append_line(&Line::of(record.clone(), None).ok_or(DAMAGED)?, &mut text);
            page.add(seq, &text, [record]);
            if page.is_full() {
                self.finish(page).await?;
            }
        }
        Ok(())
    }

    /// The entry's cell in the inputs.
    fn cell(&self, line: &EntryLine) -> Result<Option<Cell>> {
        let sql = "SELECT seq, resource, at, rest FROM slot WHERE guid = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([line.slot.bytes()])?;
        while let Some(row) = rows.next()? {
            let seq = seq_at(row, 0)?;
            let key = self.staged.resource_at(row, 1)?;
            if key.facility != line.key.facility || self.ledger.is_out(seq) {
                continue;
            }
            let zone = self.known().zone(key.facility).ok_or(DAMAGED)?;
            let start = unpacked(row.get(2)?).and_then(|moment| moment.instant(zone)).ok_or(DAMAGED)?;
            let rest = blob_at(row, 3)?;
            let slot = SlotKey { facility: key.facility, slot: line.slot };
            let slot = unpack_rest(slot, key, start, rest, Some(zone)).ok_or(DAMAGED)?;
            let own = Some((key.resource, slot.places));
            return Ok(Some(Cell { start, minutes: slot.minutes, own }));
        }
        Ok(None)
    }

    /// Asks the store for the cells that the inputs do not have.
    async fn ask_for_cells(&mut self, lines: &[(Seq, EntryLine)], cells: &mut [Option<Cell>]) -> Result<()> {
        let lacking: Vec<usize> = (0..lines.len()).filter(|index| cells[*index].is_none()).collect();
        let key_of = |index: usize| SlotKey { facility: lines[index].1.key.facility, slot: lines[index].1.slot };
        let keys: Vec<KnownKey> = lacking.iter().map(|index| KnownKey::Slot(key_of(*index))).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let known = self.store.known(&keys).await?;
        if known.len() != keys.len() {
            return Err(ImportError::Bug("the store answered fewer keys than it was asked"));
        }
        for (index, known) in lacking.into_iter().zip(known) {
            let (seq, line) = &lines[index];
            let whole = line.start.is_some() && line.minutes.is_some();
            if !known && !line.state.is_live() && whole {
                // What is over says itself what it was; its cell may be gone from the schedule.
            } else if !known {
                self.ledger.fault(*seq, no_such("slot", "cell of the schedule"));
            } else if !whole {
                cells[index] = self.stored_cell(key_of(index)).await?;
            }
        }
        Ok(())
    }

    /// A cell of the store. There is no asking for one: all are gone through, once, and those that
    /// entries of the inputs name are kept.
    async fn stored_cell(&mut self, key: SlotKey) -> Result<Option<Cell>> {
        if !self.stored_cells_read {
            self.read_stored_cells().await?;
            self.stored_cells_read = true;
        }
        let mut statement = self.connection.prepare_cached("SELECT start, minutes FROM stored_slot WHERE key = ?")?;
        let found = statement.query_row([slot_key(key)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((start, minutes)) = found else { return Ok(None) };
        Ok(Some(Cell { start: Timestamp::from_second(start).map_err(|_| DAMAGED)?, minutes, own: None }))
    }

    async fn read_stored_cells(&mut self) -> Result<()> {
        self.connection.execute("INSERT INTO wanted_slot SELECT DISTINCT slot FROM entry", [])?;
        let mut keep = self
            .connection
            .prepare("INSERT OR IGNORE INTO stored_slot SELECT key, ?2, ?3 FROM wanted_slot WHERE key = ?1")?;
        let snapshot = self.store.snapshot().await?;
        let mut after = None;
        loop {
            let page = snapshot.page(Kind::Slot, after).await?;
            for record in page.records {
                let Record::Slot(slot) = record else { continue };
                keep.execute(params![slot_key(slot.key), slot.start.as_second(), slot.minutes])?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The whole entry; `None`, with faults, when it does not come together.
    fn entry(&mut self, seq: Seq, line: EntryLine, cell: Option<Cell>) -> Option<Entry> {
        if let Some((resource, _)) = cell.as_ref().and_then(|cell| cell.own)
            && resource != line.resource
        {
            self.ledger.fault(seq, LineFault::new("resource", "the cell is another resource's"));
        }
        let facility = line.key.facility;
        let resource = self.known().resource(ResourceKey { facility, resource: line.resource })?;
        let specialty = resource.specialty.clone();
        let start = match line.start {
            None => cell.as_ref()?.start,
            Some(start) => match start.instant(self.known().zone(facility)?) {
                Some(start) => start,
                None => {
                    self.ledger.fault(seq, skipped("start"));
                    return None;
                }
            },
        };
        let minutes = line.minutes.or(cell.map(|cell| cell.minutes))?;
        Some(line.complete(start, minutes, specialty))
    }

    /// Notes what the entry has for itself alone.
    fn claim(&mut self, seq: Seq, entry: &Entry, room: Option<u16>) -> Result<()> {
        let mut insert = self.connection.prepare_cached("INSERT INTO claim (key, seq, room) VALUES (?, ?, ?)")?;
        let mut claim = |sort: u8, key: &[u8], room: Option<u16>| {
            insert.execute(params![[&[sort], key].concat(), seq.cast_signed(), room])
        };
        if entry.state.uses_referral()
            && let Some(referral) = entry.referral
        {
            claim(REFERRAL, &referral_key(referral), Some(1))?;
        }
        if entry.state.is_live() {
            let slot = pair(entry.key.facility, entry.slot.bytes());
            claim(CELL, &slot, room)?;
            if let Some(room) = room.filter(|room| entry.place > *room) {
                self.ledger.fault(seq, LineFault::new("place", format!("the cell has {room} places")));
            }
            if entry.place != talon_store::ANY_PLACE {
                claim(PLACE, &[slot.as_slice(), &entry.place.to_be_bytes()].concat(), Some(1))?;
            }
        }
        Ok(())
    }

    /// Finds entries of the inputs that exclude one another.
    fn crowded(&mut self) -> Result<()> {
        let mut statement = self.connection.prepare("SELECT key, seq, room FROM claim ORDER BY key, seq")?;
        let mut rows = statement.query([])?;
        let (mut last, mut holders, mut first) = (Vec::new(), 0, 0);
        while let Some(row) = rows.next()? {
            let seq = seq_at(row, 1)?;
            if self.ledger.is_out(seq) {
                continue;
            }
            let key: Vec<u8> = row.get(0)?;
            if key != last {
                (last, holders, first) = (key, 0, seq);
            }
            holders += 1;
            if row.get::<_, Option<u16>>(2)?.is_some_and(|room| holders > u32::from(room)) {
                let place = self.ledger.place(first);
                let fault = match last.first().copied() {
                    Some(REFERRAL) => LineFault::new("referral", format!("the entry of {place} uses it already")),
                    Some(PLACE) => LineFault::new("place", format!("the entry of {place} has it already")),
                    _ => LineFault::new("slot", "it has more live entries than places"),
                };
                self.ledger.fault(seq, fault);
                holders -= 1;
            }
        }
        Ok(())
    }
}

const REFERRAL: u8 = b'r';
const PLACE: u8 = b'p';
const CELL: u8 = b'c';
