//! Referrals that are about to be used.

use talon_domain::ids::{PersonId, ReferralKey};

use crate::{columns::guids, failure::Result, transaction::Tx};

/// Keeps referrals their persons' until the transaction ends, and says how many still are: whoever wants
/// to correct one waits, and then sees who uses it. The claim alone would not do, for it does not say whose
/// the referral is.
///
/// An update and no `FOR SHARE`, which a distributed engine has for single rows alone.
pub(crate) async fn hold(tx: &Tx, referrals: &[(ReferralKey, PersonId)]) -> Result<u64> {
    tx.count(
        "UPDATE referral r SET person = r.person FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) \
         AS q(facility, referral, person) \
         WHERE r.facility = q.facility AND r.referral = q.referral AND r.person = q.person RETURNING 1",
        params![
            guids(referrals, |(key, _)| key.facility.0),
            guids(referrals, |(key, _)| key.referral.0),
            guids(referrals, |(_, person)| person.0),
        ],
    )
    .await
}
