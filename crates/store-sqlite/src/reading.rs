//! What a person may read of their own: referrals and entries.

use rusqlite::{Connection, params};
use talon_domain::{
    entry::{Entry, EntryState},
    ids::PersonId,
    reference::Reference,
    referral::Referral,
};
use talon_store::{EntriesQuery, MOST_ENTRIES, MOST_REFERRALS, OwnReferral, Past};

use crate::{
    entry::{self, entry_columns},
    facts::{self, referral_columns},
    failure::Result,
    history::{self, cancellation_columns, version_columns},
};

/// A person's referrals, each with the visit that uses it up.
pub(crate) fn referrals(connection: &Connection, reference: &Reference, person: PersonId) -> Result<Vec<OwnReferral>> {
    // One state for the referrals and their visits.
    let _transaction = connection.unchecked_transaction()?;
    let found: Vec<_> = connection
        .prepare_cached(concat!(
            "SELECT ",
            referral_columns!(),
            " FROM referral WHERE person = ?1 ORDER BY issued DESC, facility, referral LIMIT ?2"
        ))?
        .query_map(params![person.bytes(), MOST_REFERRALS], facts::read_referral)?
        .collect::<rusqlite::Result<_>>()?;
    let with_visit = |referral: Referral| {
        let used_by = facts::referral_use(connection, reference, referral.key, person)?;
        Ok(OwnReferral { referral, used_by })
    };
    found.into_iter().map(with_visit).collect()
}

/// A person's entries.
pub(crate) fn entries(connection: &Connection, query: &EntriesQuery) -> Result<Vec<Entry>> {
    connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entry e WHERE e.person = ?1 AND e.start >= ?2 AND e.start < ?3 AND (?4 IS NULL OR e.state = ?4) \
             ORDER BY e.start DESC, e.facility, e.entry LIMIT ?5"
        ))?
        .query_map(
            params![
                query.person.bytes(),
                query.from.as_second(),
                query.to.as_second(),
                query.state.map(EntryState::code),
                MOST_ENTRIES
            ],
            entry::read,
        )?
        .map(|stored| entry::verified(stored?))
        .collect()
}

/// What entries of a person's were before they were moved, and why they were cancelled.
pub(crate) fn past(connection: &Connection, person: PersonId, entries: &[Entry]) -> Result<Past> {
    let mut past = Past::default();
    let mut versions = connection.prepare_cached(concat!(
        "SELECT ",
        version_columns!(),
        " FROM entry_version WHERE facility = ?1 AND entry = ?2 \
         AND EXISTS (SELECT 1 FROM entry e WHERE e.facility = ?1 AND e.entry = ?2 AND e.person = ?3)"
    ))?;
    let mut cancellations = connection.prepare_cached(concat!(
        "SELECT ",
        cancellation_columns!(),
        " FROM cancellation WHERE facility = ?1 AND entry = ?2 \
         AND EXISTS (SELECT 1 FROM entry e WHERE e.facility = ?1 AND e.entry = ?2 AND e.person = ?3)"
    ))?;
    for entry in entries {
        let key = params![entry.key.facility.bytes(), entry.key.entry.bytes(), person.bytes()];
        // The first version has none before it.
        if entry.version > 1 {
            for version in versions.query_map(key, history::read_version)? {
                past.versions.push(version?);
            }
        }
        if entry.state == EntryState::Cancelled {
            for cancellation in cancellations.query_map(key, history::read_cancellation)? {
                past.cancellations.push(cancellation?);
            }
        }
    }
    Ok(past)
}
