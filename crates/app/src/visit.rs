//! Booking without a referral, or under one, by a cell or by a resource and a time.

use jiff::civil::{Date, Time};
use talon_domain::{
    booking::IdempotencyKey,
    email::Email,
    facility::LpuCode,
    ids::{FacilityId, ReferralKey, ResourceId, ResourceKey, SlotId, SlotKey},
    referral::ReferralKind,
};

use crate::{App, BookRequest, Failure};

/// What a request for a visit asks for, after its shape was checked.
#[derive(Clone, Debug)]
pub struct VisitRequest {
    /// The facility of the appointment.
    pub lpu: LpuCode,
    /// When, and with whom.
    pub wanted: Wanted,
    /// The referral with the kind that it must have; `None` for a visit that needs none.
    pub referral: Option<(ReferralKey, ReferralKind)>,
    /// The patient's e-mail, when given and agreed to.
    pub email: Option<Email>,
    /// The caller's key for replaying the answer, when given.
    pub idempotency: Option<IdempotencyKey>,
}

/// When, and with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// By the cell.
    Cell(SlotId),
    /// By resource and time.
    Time {
        /// The resource, with the facility that the request glued to it, if it did.
        resource: (Option<FacilityId>, ResourceId),
        /// Day of the appointment, facility-local.
        day: Date,
        /// Time of the appointment, facility-local.
        time: Time,
    },
}

impl App {
    /// The booking that a visit is: a cell is looked up, and booked by its resource and time. That it still
    /// is the cell there, and is there at all, is decided with everything else.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn visit_request(&self, asked: VisitRequest) -> Result<BookRequest, Failure> {
        let reference = self.reference();
        let facility = reference.facility_named(&asked.lpu.name);
        // Without a facility the booking is refused for that, whatever stands here.
        let home = facility.map_or(FacilityId::from_bytes([0; 16]), |facility| facility.id);
        let (resource, day, time, cell) = match asked.wanted {
            Wanted::Time { resource: (glued, resource), day, time } => {
                (ResourceKey { facility: glued.unwrap_or(home), resource }, day, time, None)
            }
            Wanted::Cell(slot) => {
                let found = match facility {
                    Some(facility) => self.parts.store.cell(SlotKey { facility: facility.id, slot }).await?,
                    None => None,
                };
                let local = |start| facility.map(|facility| facility.zone.local(start));
                let at = found.as_ref().and_then(|found| local(found.start)).unwrap_or_default();
                let resource = found.map_or(ResourceId::from_bytes([0; 16]), |found| found.resource);
                (ResourceKey { facility: home, resource }, at.date(), at.time(), Some(slot))
            }
        };
        let (referral, kind) = asked.referral.unzip();
        Ok(BookRequest {
            lpu: asked.lpu,
            referral,
            kind,
            resource,
            cell,
            day,
            time,
            email: asked.email,
            idempotency: asked.idempotency,
        })
    }
}
