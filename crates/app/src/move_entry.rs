//! Moving an appointment to another time.

use jiff::civil::{Date, Time};
use talon_domain::{
    audit::Request,
    booking::{MoveCommand, MoveRefusal},
    facility::{FacilityName, LpuCode},
    ids::{AuditId, EntryKey, ResourceKey},
};
use talon_store::{Booked, FreeTimesQuery, Sought};
use talon_tokens::Identity;

use crate::{App, Failure, Refused, Unchanged};

/// What a request to move asks for, after its shape was checked.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// The entry.
    pub entry: EntryKey,
    /// The resource to move to; `None` to stay with the same.
    pub resource: Option<ResourceKey>,
    /// The new day, facility-local.
    pub day: Date,
    /// The new time, facility-local.
    pub time: Time,
}

/// Why an entry is not moved.
#[derive(Clone, Debug)]
pub enum NotMoved {
    /// The entry cannot be changed.
    Entry(Unchanged),
    /// It could not be booked at the new time.
    Time(Refused),
}

impl App {
    /// Moves the caller's own entry; one that is there already is answered alike. Somebody else's entry
    /// and an absent one are refused alike.
    ///
    /// # Errors
    ///
    /// [`Failure`]: whether it was moved may then be unknown; the same request tells.
    pub async fn move_entry(
        &self,
        identity: &Identity,
        asked: MoveRequest,
        request: Request,
    ) -> Result<Result<Booked, NotMoved>, Failure> {
        let now = self.now();
        let facility = asked.entry.facility;
        let caller = identity.caller();
        let other_times = FreeTimesQuery {
            person: identity.person,
            caller: caller.clone(),
            lpu: LpuCode { sent: facility.to_string(), name: FacilityName::Id(facility) },
            sought: Sought::Entry(asked.entry),
            near: asked.day.to_datetime(asked.time),
        };
        let command = MoveCommand {
            person: identity.person,
            caller,
            entry: asked.entry,
            resource: asked.resource,
            day: asked.day,
            time: asked.time,
            cutoff: self.parts.settings.cancel_cutoff,
            request,
            new_audit: AuditId(self.parts.ids.ordered(now)),
        };
        let refusal = match self.parts.store.move_entry(command, now).await? {
            Ok(moved) => return Ok(Ok(moved)),
            Err(MoveRefusal::Entry(refusal)) => {
                return Ok(Err(NotMoved::Entry(self.unchanged(refusal, facility))));
            }
            Err(MoveRefusal::Time(refusal)) => refusal,
        };
        let alternatives = match refusal.is_about_the_slot() {
            true => Some(self.alternatives(Some(&other_times), request).await),
            false => None,
        };
        Ok(Err(NotMoved::Time(Refused { refusal, alternatives })))
    }
}
