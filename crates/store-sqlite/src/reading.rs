//! What a person may read of their own: referrals and entries.

use rusqlite::{Connection, params};
use talon_domain::{
    entry::{Entry, EntryState},
    ids::PersonId,
    reference::Reference,
    referral::Referral,
};
use talon_store::{EntriesQuery, MOST_ENTRIES, MOST_REFERRALS, OwnReferral};

use crate::{
    entry::{self, entry_columns},
    facts::{self, referral_columns},
    failure::Result,
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
