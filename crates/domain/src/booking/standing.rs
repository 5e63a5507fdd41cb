//! How a referral stands: whether a visit can be booked under it, and if not, why.

use jiff::Timestamp;

use super::rules::admits_a_visit;
use crate::{
    booking::{Refusal, Visit},
    codes::codes,
    facility::Facility,
    referral::Referral,
};

codes! {
    /// How a referral stands, as a list of them tells it.
    pub enum Standing {
        /// A visit can be booked under it.
        Available = "available",
        /// It has a visit that is ahead.
        Booked = "booked",
        /// Its visit took place or has begun.
        Used = "used",
        /// It is not valid today.
        Expired = "expired",
        /// Withdrawn or done with, or recorded without its kind, so that nothing can be booked under it.
        Closed = "closed",
    }
}

/// How a referral stands now, and the refusal that a visit under it would get. `facility` is that of the
/// appointment: the referral's target, or its issuer where it names none.
///
/// It says nothing of the patient and the time, which a booking's other rules are about.
#[must_use]
pub fn standing(
    referral: &Referral,
    used_by: Option<&Visit>,
    facility: &Facility,
    now: Timestamp,
) -> (Standing, Option<Refusal>) {
    let Err(refusal) = admits_a_visit(referral, used_by, facility.today(now)) else {
        return (Standing::Available, None);
    };
    let standing = match &refusal {
        Refusal::ReferralUsed(_) if used_by.is_some_and(|visit| visit.entry.is_ahead(now)) => Standing::Booked,
        Refusal::ReferralUsed(_) => Standing::Used,
        Refusal::ReferralExpired { .. } | Refusal::ReferralNotYetValid { .. } => Standing::Expired,
        _ => Standing::Closed,
    };
    (standing, Some(refusal))
}

#[cfg(test)]
mod tests;
