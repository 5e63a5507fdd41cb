//! What a person may read of their own: referrals and entries.

use talon_domain::{
    entry::{Entry, EntryState},
    ids::PersonId,
    reference::Reference,
    referral::Referral,
};
use talon_store::{EntriesQuery, MOST_ENTRIES, MOST_REFERRALS, OwnReferral};

use crate::{
    entry::{self, entry_columns},
    facts::{Patients, referral_columns},
    failure::Result,
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
