//! Booking by referral.

use jiff::civil::{Date, Time};
use talon_domain::{
    audit::Request,
    booking::{BookCommand, FreeTime, IdempotencyKey, NewIds, Refusal},
    email::Email,
    facility::LpuCode,
    ids::{AuditId, EntryId, ReferralKey, ResourceKey, SlotId},
    referral::ReferralKind,
};
use talon_store::{Booked, FreeTimesQuery, Sought};
use talon_tokens::Identity;

use crate::{App, Failure};

/// What a request to book asks for, after its shape was checked.
#[derive(Clone, Debug)]
pub struct BookRequest {
    /// The facility of the appointment.
    pub lpu: LpuCode,
    /// The referral; `None` for a visit that needs none.
    pub referral: Option<ReferralKey>,
    /// The kind that the request says the referral is of, where it does.
    pub kind: Option<ReferralKind>,
    /// The resource, with the facility that the request glued to it.
    pub resource: ResourceKey,
    /// The cell that the request names, where it does.
    pub cell: Option<SlotId>,
    /// Day of the appointment, facility-local.
    pub day: Date,
    /// Time of the appointment, facility-local.
    pub time: Time,
    /// The patient's e-mail, when given.
    pub email: Option<Email>,
    /// The caller's key for replaying the answer, when given.
    pub idempotency: Option<IdempotencyKey>,
}

/// A refusal by rule, which is recorded.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Where another time may help (step 6 of the order of checks), the times that this caller
    /// could book right now; maybe none.
    pub alternatives: Option<Vec<FreeTime>>,
}

/// What became of a request to book.
pub type BookResult = Result<Booked, Refused>;

impl App {
    /// The command of a caller, with ids for what it will create.
    #[must_use]
    pub fn book_command(&self, identity: &Identity, asked: BookRequest, request: Request) -> BookCommand {
        let now = self.now();
        BookCommand {
            person: identity.person,
            caller: identity.caller(),
            lpu: asked.lpu,
            referral: asked.referral,
            kind: asked.kind,
            resource: asked.resource,
            cell: asked.cell,
            day: asked.day,
            time: asked.time,
            email: asked.email,
            idempotency: asked.idempotency,
            request,
            new_ids: NewIds {
                entry: EntryId(self.parts.ids.ordered(now)),
                audit: AuditId(self.parts.ids.ordered(now)),
            },
        }
    }

    /// Whether the command asks once more for exactly what its person has, so that no limit stands
    /// in its way. Only a read; what is then let through leaves an audit record like any other.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn is_repetition(&self, command: &BookCommand) -> Result<bool, Failure> {
        Ok(self.parts.store.is_repetition(command).await?)
    }

    /// Books, or says why not. Either way it is durable when this returns.
    ///
    /// # Errors
    ///
    /// [`Failure`]: whether it was booked may then be unknown; the same request tells.
    pub async fn book(&self, command: BookCommand) -> Result<BookResult, Failure> {
        let free_times = self.free_times(&command);
        let request = command.request;
        match self.parts.store.book(command, self.now()).await? {
            Ok(booked) => Ok(Ok(booked)),
            Err(refusal) => Ok(Err(self.refused(refusal, free_times.as_ref(), request).await)),
        }
    }

    /// A refusal with what may help.
    pub(crate) async fn refused(
        &self,
        refusal: Refusal,
        free_times: Option<&FreeTimesQuery>,
        request: Request,
    ) -> Refused {
        let alternatives = match refusal.is_about_the_slot() {
            true => Some(self.alternatives(free_times, request).await),
            false => None,
        };
        Refused { refusal, alternatives }
    }

    /// Where to look for other times, should the one that a command asks for be refused.
    pub(crate) fn free_times(&self, command: &BookCommand) -> Option<FreeTimesQuery> {
        Some(FreeTimesQuery {
            person: command.person,
            caller: command.caller.clone(),
            lpu: command.lpu.clone(),
            sought: self.sought(command)?,
            near: command.day.to_datetime(command.time),
        })
    }

    /// What else to look for: what the referral opens or, without one, the specialty of the resource asked for.
    fn sought(&self, command: &BookCommand) -> Option<Sought> {
        let reference = self.reference();
        let asked = || reference.resource(command.resource).map(|resource| resource.specialty.clone());
        command.referral.map(Sought::Referral).or_else(|| asked().map(Sought::Specialty))
    }

    /// Other times. The refusal is decided and recorded by now, so a search that fails must not
    /// turn it into "ask again": it goes out with none.
    pub(crate) async fn alternatives(&self, query: Option<&FreeTimesQuery>, request: Request) -> Vec<FreeTime> {
        let Some(query) = query else { return Vec::new() };
        match self.parts.store.alternatives(query, self.now()).await {
            Ok(times) => times,
            Err(error) => {
                tracing::warn!(trace_id = %request, %error, "no other times could be looked up for a refusal");
                Vec::new()
            }
        }
    }
}
