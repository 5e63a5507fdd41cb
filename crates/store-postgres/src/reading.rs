//! What a person may read of their own: referrals and entries.

use futures_util::future::{try_join, try_join_all};
use talon_domain::{
    entry::{Entry, EntryState},
    ids::{EntryKey, PersonId},
    reference::Reference,
    referral::Referral,
};
use talon_store::{EntriesQuery, MOST_ENTRIES, MOST_REFERRALS, OwnReferral, Past};

use crate::{
    entry::{self, entry_columns},
    facts::{Patients, referral_columns},
    failure::Result,
    history::{self, cancellation_columns, version_columns},
    transaction::Tx,
};

/// A person's referrals, each with the visit that uses it up.
pub(crate) async fn referrals(tx: &Tx, reference: &Reference, person: PersonId) -> Result<Vec<OwnReferral>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                referral_columns!(),
                ", c.entry_facility, c.entry FROM referral r \
                 LEFT JOIN claim_referral c ON c.facility = r.facility AND c.referral = r.referral \
                 WHERE r.person = $1 ORDER BY r.issued DESC, r.facility, r.referral LIMIT $2"
            ),
            params![person.0, i64::from(MOST_REFERRALS)],
        )
        .await?;
    let mut patients = Patients::default();
    let found: Vec<_> = rows.iter().map(|row| patients.note_referral(row)).collect::<Result<_>>()?;
    patients.read_entries(tx).await?;
    let with_visit = |referral: Referral| {
        let used_by = patients.referral_use(reference, referral.key, person)?;
        Ok(OwnReferral { referral, used_by })
    };
    found.into_iter().map(with_visit).collect()
}

/// A person's entries.
pub(crate) async fn entries(tx: &Tx, query: &EntriesQuery) -> Result<Vec<Entry>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE e.person = $1 AND e.start >= $2 AND e.start < $3 \
                 AND ($4::text IS NULL OR e.state = $4) ORDER BY e.start DESC, e.facility, e.entry LIMIT $5"
            ),
            params![
                query.person.0,
                query.from.as_second(),
                query.to.as_second(),
                query.state.map(EntryState::code),
                i64::from(MOST_ENTRIES)
            ],
        )
        .await?;
    rows.iter().map(entry::read).collect()
}

/// What entries of a person's were before they were moved, and why they were cancelled. One by one, as
/// [`entry::rows`] reads.
pub(crate) async fn past(tx: &Tx, person: PersonId, entries: &[Entry]) -> Result<Past> {
    let versions = concat!(
        "SELECT ",
        version_columns!(),
        " FROM entry_version v WHERE v.facility = $1 AND v.entry = $2 \
         AND EXISTS (SELECT 1 FROM entry e WHERE e.facility = $1 AND e.entry = $2 AND e.person = $3)"
    );
    let cancellations = concat!(
        "SELECT ",
        cancellation_columns!(),
        " FROM cancellation c WHERE c.facility = $1 AND c.entry = $2 \
         AND EXISTS (SELECT 1 FROM entry e WHERE e.facility = $1 AND e.entry = $2 AND e.person = $3)"
    );
    let asked = |sql: &'static str, key: EntryKey| async move {
        tx.query(sql, params![key.facility.0, key.entry.0, person.0]).await
    };
    // The first version has none before it.
    let moved = entries.iter().filter(|entry| entry.version > 1).map(|entry| asked(versions, entry.key));
    let cancelled = entries.iter().filter(|entry| entry.state == EntryState::Cancelled);
    let cancelled = cancelled.map(|entry| asked(cancellations, entry.key));
    let (moved, cancelled) = try_join(try_join_all(moved), try_join_all(cancelled)).await?;
    Ok(Past {
        versions: moved.iter().flatten().map(history::read_version).collect::<Result<_>>()?,
        cancellations: cancelled.iter().flatten().map(history::read_cancellation).collect::<Result<_>>()?,
    })
}
