//! Looking for contradictions in what is stored.

use rusqlite::Connection;
use talon_store::StoreError;

use crate::{
    entry::{self, entry_columns},
    failure::{Failure, Result},
};

/// As many are named; more say nothing new.
const MOST_NAMED: usize = 20;

/// Promises that do not fit the entries: what each query returns is a count of rows that should not
/// be there.
const PROMISES: &[(&str, &str)] = &[
    (
        "live entries whose place is not claimed",
        "SELECT count(*) FROM entry e WHERE e.state = 'booked' AND NOT EXISTS (SELECT 1 FROM claim_place c \
         WHERE c.facility = e.facility AND c.slot = e.slot AND c.place = e.place AND c.entry = e.entry)",
    ),
    (
        "claimed places that their cells do not have",
        "SELECT count(*) FROM claim_place c JOIN slot s ON s.facility = c.facility AND s.slot = c.slot \
         WHERE c.place < 1 OR c.place > s.places",
    ),
    (
        "claimed places without a live entry",
        "SELECT count(*) FROM claim_place c WHERE c.expires IS NULL AND NOT EXISTS (SELECT 1 FROM entry e \
         WHERE e.facility = c.facility AND e.entry = c.entry AND e.slot = c.slot AND e.state = 'booked')",
    ),
    (
        "held places without their hold",
        "SELECT count(*) FROM claim_place c WHERE c.expires IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hold h \
         WHERE h.facility = c.facility AND h.hold = c.entry AND h.slot = c.slot AND h.place = c.place \
         AND h.person = c.holder AND h.state = 'held')",
    ),
    (
        "offers without their hold",
        "SELECT count(*) FROM waiting w WHERE w.state = 'offered' AND NOT EXISTS (SELECT 1 FROM hold h \
         WHERE h.facility = w.facility AND h.waiting = w.waiting AND h.person = w.person AND h.state = 'held')",
    ),
    (
        "live places on waiting lists that are not claimed",
        "SELECT count(*) FROM waiting w WHERE w.state IN ('waiting', 'offered') AND NOT EXISTS \
         (SELECT 1 FROM claim_waiting c WHERE c.person = w.person AND c.facility = w.facility \
         AND c.specialty = w.specialty AND c.waiting = w.waiting)",
    ),
    (
        "claimed places on waiting lists that have ended",
        "SELECT count(*) FROM claim_waiting c WHERE NOT EXISTS (SELECT 1 FROM waiting w WHERE w.facility = c.facility \
         AND w.waiting = c.waiting AND w.person = c.person AND w.state IN ('waiting', 'offered'))",
    ),
    (
        "claimed numbers of holds without their hold",
        "SELECT count(*) FROM claim_hold c WHERE NOT EXISTS (SELECT 1 FROM hold h WHERE h.facility = c.facility \
         AND h.hold = c.hold AND h.person = c.person AND h.state = 'held')",
    ),
    (
        "entries whose referral is not claimed",
        "SELECT count(*) FROM entry e WHERE e.referral IS NOT NULL AND e.state IN ('booked', 'fulfilled') \
         AND NOT EXISTS (SELECT 1 FROM claim_referral c WHERE c.facility = e.referral_facility \
         AND c.referral = e.referral AND c.entry_facility = e.facility AND c.entry = e.entry)",
    ),
    (
        "claimed referrals without an entry",
        "SELECT count(*) FROM claim_referral c WHERE NOT EXISTS (SELECT 1 FROM entry e \
         WHERE e.facility = c.entry_facility AND e.entry = c.entry AND e.referral = c.referral \
         AND e.state IN ('booked', 'fulfilled'))",
    ),
    // A claim is void once its entry has begun, and goes when its person books again. So of what was ahead when
    // the store's last booking was made, none has lost its claim.
    (
        "live entries ahead whose specialty is not claimed",
        "SELECT count(*) FROM entry e WHERE e.state = 'booked' \
         AND e.start > (SELECT max(booked_at) / 1000000 FROM entry) AND NOT EXISTS (SELECT 1 FROM claim_specialty c \
         WHERE c.person = e.person AND c.specialty = e.specialty AND c.start >= e.start)",
    ),
    (
        "claimed specialties without a live entry",
        "SELECT count(*) FROM claim_specialty c WHERE NOT EXISTS (SELECT 1 FROM entry e \
         WHERE e.facility = c.facility AND e.entry = c.entry AND e.person = c.person AND e.specialty = c.specialty \
         AND e.start = c.start AND e.state = 'booked')",
    ),
    (
        "live entries that are not among their person's visits",
        "SELECT count(*) FROM entry e WHERE e.state = 'booked' AND NOT EXISTS (SELECT 1 FROM claim_time c \
         WHERE c.person = e.person AND c.start = e.start AND c.facility = e.facility AND c.entry = e.entry)",
    ),
    (
        "visits without a live entry",
        "SELECT count(*) FROM claim_time c WHERE NOT EXISTS (SELECT 1 FROM entry e \
         WHERE e.facility = c.facility AND e.entry = c.entry AND e.person = c.person AND e.state = 'booked')",
    ),
];

/// Every contradiction, in words. Reads the whole file.
pub(crate) fn verify(connection: &Connection) -> Result<Vec<String>> {
    let mut found = connection
        .prepare("PRAGMA quick_check(20)")?
        .query_map([], |row| row.get(0))?
        .filter(|line| !matches!(line.as_deref(), Ok("ok")))
        .collect::<rusqlite::Result<Vec<String>>>()?;
    if found.is_empty() {
        // In a file whose pages are damaged these would only repeat it.
        found.extend(altered_entries(connection)?);
        for (what, sql) in PROMISES {
            let count: u32 = connection.query_row(sql, [], |row| row.get(0))?;
            if count > 0 {
                found.push(format!("{count} {what}"));
            }
        }
    }
    Ok(found)
}

/// Entries that are not what was written.
fn altered_entries(connection: &Connection) -> Result<Vec<String>> {
    let mut select = connection.prepare(concat!("SELECT ", entry_columns!(), " FROM entry e"))?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        match entry::read(row).map_err(Failure::from).and_then(entry::verified) {
            Ok(_) => {}
            Err(Failure::Store(StoreError::Damaged(what))) => found.push(what),
            Err(Failure::Store(error)) => found.push(error.to_string()),
            Err(other) => return Err(other),
        }
        if found.len() == MOST_NAMED {
            break;
        }
    }
    Ok(found)
}
