//! Why a booking is refused.

use jiff::civil::{Date, DateTime};

use crate::{facility::LpuCode, ids::PersonId};

/// An appointment that stands in the way, as messages tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupied {
    /// `{ФИО}`: the doctor as "Фамилия И. О.", or the room's name.
    pub who: String,
    /// `{Время}`: its start, local to its facility.
    pub at: DateTime,
}

/// A refusal by rule, with the facts that its message names. The wire codes and texts belong to
/// the façade; [`Refusal::slug`] is the `reason` column of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the row of the catalogue that its slug names")]
pub enum Refusal {
    FacilityUnknown { lpu: LpuCode },
    CardNotFound { person: PersonId, lpu: LpuCode },
    ReferralNotFound,
    ReferralPairIncomplete,
    ReferralClosed,
    ReferralExpired { until: Date },
    ReferralNotYetValid { from: Date },
    ReferralUsed(Occupied),
    ReferralMismatch,
    ChildrenFacility,
    SelfBookingBarred,
    DispensaryRequired,
    SpecialtyLimit(Occupied),
    PatientOverlap(Occupied),
    AgeGroup,
    CancelledTooOften { until: DateTime, phone: Option<String> },
    ResourceUnknown,
    TimeAbsent,
    TimePast,
    TimeBeyondWindow,
    TimeNotOpen,
    TimeTaken,
    IdempotencyMismatch,
    HoldLimit,
    WaitingAlready,
}

impl Refusal {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::FacilityUnknown { .. } => "facility-unknown",
            Self::CardNotFound { .. } => "card-not-found",
            Self::ReferralNotFound => "referral-not-found",
            Self::ReferralPairIncomplete => "referral-pair-incomplete",
            Self::ReferralClosed => "referral-closed",
            Self::ReferralExpired { .. } => "referral-expired",
            Self::ReferralNotYetValid { .. } => "referral-not-yet-valid",
            Self::ReferralUsed(_) => "referral-used",
            Self::ReferralMismatch => "referral-mismatch",
            Self::ChildrenFacility => "children-facility",
            Self::SelfBookingBarred => "self-booking-barred",
            Self::DispensaryRequired => "dispensary-required",
            Self::SpecialtyLimit(_) => "specialty-limit",
            Self::PatientOverlap(_) => "patient-overlap",
            Self::AgeGroup => "age-group",
            Self::CancelledTooOften { .. } => "cancelled-too-often",
            Self::ResourceUnknown => "resource-unknown",
            Self::TimeAbsent => "time-absent",
            Self::TimePast => "time-past",
            Self::TimeBeyondWindow => "time-beyond-window",
            Self::TimeNotOpen => "time-not-open",
            Self::TimeTaken => "time-taken",
            Self::IdempotencyMismatch => "idempotency-mismatch",
            Self::HoldLimit => "hold-limit",
            Self::WaitingAlready => "waiting-already",
        }
    }

    /// Whether it is because an entry holds what the caller wants; that may be the caller's own, made by
    /// the same request a moment ago.
    #[must_use]
    pub fn rests_on_a_claim(&self) -> bool {
        matches!(self, Self::ReferralUsed(_) | Self::SpecialtyLimit(_) | Self::PatientOverlap(_) | Self::TimeTaken)
    }

    /// Whether it is about the time alone (step 6 of the order of checks), so that another time
    /// may help.
    #[must_use]
    pub fn is_about_the_slot(&self) -> bool {
        matches!(
            self,
            Self::ResourceUnknown
                | Self::TimeAbsent
                | Self::TimePast
                | Self::TimeBeyondWindow
                | Self::TimeNotOpen
                | Self::TimeTaken
        )
    }
}
