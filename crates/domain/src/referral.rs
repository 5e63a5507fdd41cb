//! Referrals (направления).

use jiff::civil::Date;

use crate::{
    codes::codes,
    ids::{FacilityId, PersonId, ReferralKey, ResourceKey},
    resource::SpecialtyCode,
};

codes! {
    /// What a referral is for (contract, section 8).
    pub enum ReferralKind {
        /// A consultation.
        Consultation = "consultation",
        /// A laboratory or instrumental examination.
        Diagnostic = "diagnostic",
        /// A visit under dispensary observation.
        Duvisit = "duvisit",
    }
}

codes! {
    /// What the issuer says of it.
    pub enum ReferralState {
        /// In force.
        Active = "active",
        /// Withdrawn or done with.
        Closed = "closed",
    }
}

/// A referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// Issuing facility and guid.
    pub key: ReferralKey,
    /// Number printed on it.
    pub number: String,
    /// Whom it was issued to.
    pub person: PersonId,
    /// What for; `None` was recorded without its kind and cannot be used (message 4033).
    pub kind: Option<ReferralKind>,
    /// To which specialty.
    pub specialty: SpecialtyCode,
    /// To which facility, when it names one.
    pub to_facility: Option<FacilityId>,
    /// To which resource, when it names one: of `to_facility`, or of the issuer without it.
    pub resource: Option<ResourceKey>,
    /// First day it is valid.
    pub issued: Date,
    /// Last day it is valid.
    pub valid_until: Date,
    /// What the issuer says of it.
    pub state: ReferralState,
}
