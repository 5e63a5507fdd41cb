//! Free times under a referral, nearest to a time.

use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, params};
use talon_domain::{
    access::Rights,
    booking::{Cell, Facts, FreeTime, MOST_ALTERNATIVES, bookable, may_offer, nearest, rights},
    facility::Facility,
    reference::Reference,
    resource::Resource,
};
use talon_store::{FreeTimesQuery, Sought};

use crate::{
    entry, facts,
    failure::Result,
    slots::{self, slot_columns},
};

/// The times to offer to a caller whose time was refused.
pub(crate) fn alternatives(
    connection: &Connection,
    reference: &Reference,
    query: &FreeTimesQuery,
    now: Timestamp,
) -> Result<Vec<FreeTime>> {
    // One transaction: by itself each query would lock the file and look whether its cached pages still hold.
    let _transaction = connection.unchecked_transaction()?;
    let moving = match query.sought {
        Sought::Entry(entry) => entry::find(connection, entry, query.person)?,
        _ => None,
    };
    let under = query.sought.referral().or_else(|| moving.as_ref()?.referral);
    let mut facts = facts::of_patient(connection, reference, query.person, &query.lpu, under, now)?;
    if let Some(entry) = &moving {
        facts = facts.without(entry.key);
    }
    let Some(facility) = &facts.facility else { return Ok(Vec::new()) };
    let specialty = match (&query.sought, facts.referral.own(), &moving) {
        (Sought::Specialty(specialty), ..) => specialty,
        (_, Some(referral), _) => &referral.specialty,
        (Sought::Entry(_), None, Some(entry)) => &entry.specialty,
        (_, None, _) => return Ok(Vec::new()),
    };
    let only = facts.referral.own().and_then(|referral| referral.resource);
    let Some(asked) = facility.zone.nearest_instant(query.near) else { return Ok(Vec::new()) };
    let Some(end) = end_of_window(facility, query, now) else { return Ok(Vec::new()) };
    let rights = rights(&facts, &query.caller, now);
    let mut found = Vec::new();
    for resource in reference.resources_of(facility.id, specialty) {
        let named = only.is_none_or(|named| named == resource.key);
        if named && may_offer(&facts, &query.caller, resource, now) {
            let window = Window { connection, facts: &facts, query, resource, rights, now, end };
            window.before(asked, &mut found)?;
            window.from(asked, &mut found)?;
        }
    }
    Ok(nearest(found, asked))
}

/// The instant from which on nothing is published for this caller.
fn end_of_window(facility: &Facility, query: &FreeTimesQuery, now: Timestamp) -> Option<Timestamp> {
    let days = i32::from(query.caller.window_days(facility)) + 1;
    let after = facility.today(now).saturating_add(days.days());
    facility.zone.nearest_instant(after.to_datetime(jiff::civil::Time::midnight()))
}

/// Passes over cells where they lie that are full or not open to the caller: of a busy resource
/// nearly all are. What others hold is taken; what the person holds, and what nobody holds any more, is not.
macro_rules! has_room {
    () => {
        " AND rights & ?5 <> 0 AND places > (SELECT count(*) FROM claim_place c WHERE c.facility = s.facility \
         AND c.slot = s.slot AND (c.expires IS NULL OR (c.expires > ?6 AND c.holder <> ?7)))"
    };
}

/// One resource's cells that may be offered.
struct Window<'a> {
    connection: &'a Connection,
    facts: &'a Facts,
    query: &'a FreeTimesQuery,
    resource: &'a Resource,
    rights: Rights,
    now: Timestamp,
    end: Timestamp,
}

impl Window<'_> {
    /// Adds the nearest bookable times before `asked`.
    fn before(&self, asked: Timestamp, found: &mut Vec<FreeTime>) -> Result<()> {
        let sql = concat!(
            "SELECT ",
            slot_columns!(),
            " FROM slot s WHERE facility = ?1 AND resource = ?2 AND start > ?3 AND start < ?4",
            has_room!(),
            " ORDER BY start DESC"
        );
        self.collect(sql, self.now, asked.min(self.end), found)
    }

    /// Adds the nearest bookable times from `asked` on.
    fn from(&self, asked: Timestamp, found: &mut Vec<FreeTime>) -> Result<()> {
        let sql = concat!(
            "SELECT ",
            slot_columns!(),
            " FROM slot s WHERE facility = ?1 AND resource = ?2 AND start >= ?3 AND start < ?4",
            has_room!(),
            " ORDER BY start"
        );
        self.collect(sql, asked.max(self.now), self.end, found)
    }

    fn collect(&self, sql: &str, from: Timestamp, to: Timestamp, found: &mut Vec<FreeTime>) -> Result<()> {
        let mut select = self.connection.prepare_cached(sql)?;
        let key = self.resource.key;
        let mut rows = select.query(params![
            key.facility.bytes(),
            key.resource.bytes(),
            from.as_second(),
            to.as_second(),
            self.rights.bits(),
            self.now.as_microsecond(),
            self.query.person.bytes()
        ])?;
        let enough = found.len() + MOST_ALTERNATIVES;
        while let Some(row) = rows.next()?
            && found.len() < enough
        {
            let slot = slots::read(row)?;
            let places = slots::places(self.connection, slot.key)?;
            let cell = Cell::new(slot, &places, self.query.person, self.now);
            found.extend(bookable(self.facts, &self.query.caller, self.resource, &cell, self.now));
        }
        Ok(())
    }
}
