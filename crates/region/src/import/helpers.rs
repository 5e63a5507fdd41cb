//! Lines of the input that change what is in another line's way.

use rusqlite::OptionalExtension;
use talon_domain::ids::SlotKey;
use talon_store::{Holder, Kind, Record};

use super::{
    Result,
    check::Check,
    ledger::Seq,
    pages::DAMAGED,
    slots,
    staging::{blob_at, entry_key, pair, referral_key, seq_at},
};
use crate::{Line, parse_line};

/// The last line with a key: it counts, whether or not the turn of its kind has come.
macro_rules! last_line {
    ($check:expr, $table:literal, $key:expr) => {{
        let create = concat!("CREATE INDEX IF NOT EXISTS ", $table, "_key ON ", $table, " (key)");
        if $check.indexed.insert($table) {
            $check.connection.execute_batch(create)?;
        }
        $check
            .connection
            .prepare_cached(concat!("SELECT seq FROM ", $table, " WHERE key = ? ORDER BY seq DESC LIMIT 1"))?
            .query_row([$key], |row| row.get::<_, i64>(0))
            .optional()?
            .map(i64::cast_unsigned)
    }};
}

impl Check<'_> {
    /// The good lines that may help a record past those who hold what it wants.
    pub(super) fn helpers(&mut self, record: &Record, holders: &[Holder]) -> Result<Vec<(Seq, Kind)>> {
        let visitors = holders.iter().filter(|holder| matches!(holder, Holder::Entry(_))).count();
        let mut found = Vec::new();
        for holder in holders {
            let line = match *holder {
                Holder::Facility(id) => self.small.facilities.get(&id).map(|(seq, _)| (*seq, Kind::Facility)),
                Holder::Card(facility, card) => {
                    last_line!(self, "card", pair(facility, card.bytes())).map(|line| (line, Kind::Card))
                }
                Holder::Referral(key) => {
                    last_line!(self, "referral", referral_key(key)).map(|line| (line, Kind::Referral))
                }
                Holder::Slot(key) => self.slot_line(key, record, visitors)?.map(|line| (line, Kind::Slot)),
                Holder::Entry(key) => match last_line!(self, "entry", entry_key(key)) {
                    Some(line) if !self.keeps(line, record)? => Some((line, Kind::Entry)),
                    _ => None,
                },
            };
            found.extend(line.filter(|(line, _)| !self.ledger.is_out(*line)));
        }
        Ok(found)
    }

    /// The last line of a cell; for an entry only if the cell gets more places than are taken.
    fn slot_line(&mut self, key: SlotKey, record: &Record, taken: usize) -> Result<Option<Seq>> {
        if self.indexed.insert("slot") {
            self.connection.execute_batch("CREATE INDEX IF NOT EXISTS slot_guid ON slot (guid)")?;
        }
        let sql = "SELECT seq, resource, rest FROM slot WHERE guid = ? ORDER BY seq DESC";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query([key.slot.bytes()])?;
        while let Some(row) = rows.next()? {
            if self.staged.resource_at(row, 1)?.facility != key.facility {
                continue;
            }
            let places = slots::places(blob_at(row, 2)?).ok_or(DAMAGED)?;
            let helps = !matches!(record, Record::Entry(_)) || usize::from(places) > taken;
            return if helps { Ok(Some(seq_at(row, 0)?)) } else { Ok(None) };
        }
        Ok(None)
    }

    /// Whether an entry's line leaves the entry in the cell, or with the referral, that a line changes.
    fn keeps(&self, line: Seq, record: &Record) -> Result<bool> {
        let mut select = self.connection.prepare_cached("SELECT body FROM entry WHERE seq = ?")?;
        let body: String = select.query_row([line.cast_signed()], |row| row.get(0))?;
        let Ok(Line::Entry(entry)) = parse_line(&body) else { return Err(DAMAGED) };
        Ok(match record {
            Record::Slot(slot) => entry.state.is_live() && entry.slot == slot.key.slot,
            Record::Referral(referral) => entry.state.uses_referral() && entry.referral == Some(referral.key),
            _ => false,
        })
    }
}
