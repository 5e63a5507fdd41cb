//! What a caller asks for.

use jiff::civil::{Date, Time};

use crate::{
    access::Caller,
    audit::Request,
    email::Email,
    facility::LpuCode,
    ids::{AuditId, EntryId, PersonId, ReferralKey, ResourceKey, SlotId},
    referral::ReferralKind,
};

/// A request to book, after its shape was checked.
#[derive(Clone, Debug)]
pub struct BookCommand {
    /// Who is to be booked: the token's person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The facility of the appointment.
    pub lpu: LpuCode,
    /// The referral; `None` for a visit that needs none.
    pub referral: Option<ReferralKey>,
    /// The kind that the request says the referral is of, where it does.
    pub kind: Option<ReferralKind>,
    /// The resource, with the facility that the request glued to it.
    pub resource: ResourceKey,
    /// The cell that the request names, where it does: resource and time are then what was found of it.
    pub cell: Option<SlotId>,
    /// Day of the appointment, facility-local.
    pub day: Date,
    /// Time of the appointment, facility-local.
    pub time: Time,
    /// The patient's e-mail, when given.
    pub email: Option<Email>,
    /// The caller's key for replaying the answer, when given.
    pub idempotency: Option<IdempotencyKey>,
    /// The request's id.
    pub request: Request,
    /// Ids for what the booking will create; drawn before the rules so that these stay pure.
    pub new_ids: NewIds,
}

/// Ids drawn for one command.
#[derive(Clone, Copy, Debug)]
pub struct NewIds {
    /// For the entry. Time-ordered, so that entries of a facility lie together on disk.
    pub entry: EntryId,
    /// For the audit record. Time-ordered.
    pub audit: AuditId,
}

/// An `Idempotency-Key` header with what it was sent with (contract, section 9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The header's value.
    pub key: String,
    /// A digest of the body as parsed JSON.
    pub body: [u8; 32],
}
