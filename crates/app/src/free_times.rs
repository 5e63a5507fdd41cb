//! What could be booked under a referral.

use talon_domain::{
    audit::{Action, Request},
    facility::LpuCode,
    ids::ReferralKey,
};
use talon_store::{ListQuery, ListReply};
use talon_tokens::Identity;

use crate::{App, Failure, ReadRecord};

/// What a request for free times asks for, after its shape was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeTimesRequest {
    /// The referral.
    pub referral: ReferralKey,
    /// The facility; `None` for every one where the person has a card.
    pub lpu: Option<LpuCode>,
    /// How many days ahead of today, if fewer than the caller sees.
    pub days: Option<u16>,
}

impl App {
    /// Every time that the caller could book right now under a referral of theirs, or the refusal that a booking
    /// would meet whatever the time.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn list_free_times(
        &self,
        identity: &Identity,
        asked: FreeTimesRequest,
        request: Request,
    ) -> Result<ListReply, Failure> {
        let query = ListQuery {
            person: identity.person,
            caller: identity.caller(),
            referral: asked.referral,
            lpu: asked.lpu,
            days: asked.days,
        };
        let found = self.parts.store.free_times(&query, self.now()).await?;
        let reference = self.reference();
        let facility = query.lpu.as_ref().and_then(|lpu| reference.facility_named(&lpu.name));
        let record = ReadRecord {
            action: Action::ReadFreeTimes,
            facility: facility.map(|facility| facility.id),
            object: Some(query.referral.to_string()),
            outcome: found.as_ref().err().map_or("ok", |refusal| refusal.slug()),
        };
        self.record_read(identity, request, record).await?;
        Ok(found)
    }
}
