//! Free times under a referral, nearest to a time.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use talon_domain::{
    access::Rights,
    booking::{Case, Cell, FreeTime, MOST_ALTERNATIVES, end_of_window, free_time, may_offer, nearest},
    ids::ResourceKey,
    reference::Reference,
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
        facts = facts.without(entry);
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
    let Some(end) = end_of_window(facility, &query.caller, None, now) else { return Ok(Vec::new()) };
    let Some(case) = Case::of(&facts, &query.caller, facility.today(now), now) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for resource in reference.resources_of(facility.id, specialty) {
        let named = only.is_none_or(|named| named == resource.key);
        let case = case.with(resource);
        if named && may_offer(&case).is_ok() {
            let window = Window { connection, case, resource: resource.key, rights: case.rights(), end };
            window.before(asked, &mut found)?;
            window.from(asked, &mut found)?;
        }
    }
    Ok(nearest(found, asked))
}

/// Passes over cells where they lie that are full, not open to the caller or nobody's because the doctor is absent: of a busy resource
/// nearly all are. What others hold is taken; what the person holds, and what nobody holds any more, is not.
/// ?5 are the caller's rights, ?6 is the present in microseconds, ?7 the person.
macro_rules! has_room {
    () => {
        " AND NOT absent AND (rights & ?5 <> 0 OR release_rights & ?5 <> 0 AND release_at <= ?6 / 1000000) \
         AND places > (SELECT count(*) FROM claim_place c WHERE c.facility = s.facility \
         AND c.slot = s.slot AND (c.expires IS NULL OR (c.expires > ?6 AND c.holder <> ?7)))"
    };
}

/// One resource's cells that may be offered.
struct Window<'a> {
    connection: &'a Connection,
    case: Case<'a>,
    resource: ResourceKey,
    rights: Rights,
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
        self.collect(sql, self.case.now, asked.min(self.end), found)
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
        self.collect(sql, asked.max(self.case.now), self.end, found)
    }

    fn collect(&self, sql: &str, from: Timestamp, to: Timestamp, found: &mut Vec<FreeTime>) -> Result<()> {
        let mut select = self.connection.prepare_cached(sql)?;
        let key = self.resource;
        let mut rows = select.query(params![
            key.facility.bytes(),
            key.resource.bytes(),
            from.as_second(),
            to.as_second(),
            self.rights.bits(),
            self.case.now.as_microsecond(),
            self.case.patient.person.id.bytes()
        ])?;
        let enough = found.len() + MOST_ALTERNATIVES;
        while let Some(row) = rows.next()?
            && found.len() < enough
        {
            let slot = slots::read(row)?;
            let places = slots::places(self.connection, slot.key)?;
            let cell = Cell::new(slot, &places, self.case.patient.person.id, self.case.now);
            found.extend(free_time(&self.case, &cell));
        }
        Ok(())
    }
}
