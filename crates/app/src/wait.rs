//! Waiting for a time.

use jiff::civil::{Date, Time};
use talon_domain::{
    audit::{Action, Request},
    facility::LpuCode,
    ids::{AuditId, ReferralKey, ResourceId, WaitingId, WaitingKey},
    resource::SpecialtyCode,
    waiting::{WaitCommand, WithdrawCommand},
};
use talon_store::{PlaceInLine, WaitReply, WithdrawReply};
use talon_tokens::Identity;

use crate::{App, Failure, ReadRecord};

/// What a request to join a waiting list asks for, after its shape was checked.
#[derive(Clone)]
pub struct WaitRequest {
    /// The facility.
    pub lpu: LpuCode,
    /// The specialty.
    pub specialty: SpecialtyCode,
    /// A resource of the facility, where only that one will do.
    pub resource: Option<ResourceId>,
    /// The referral, if there is one.
    pub referral: Option<ReferralKey>,
    /// Telephone.
    pub phone: Option<String>,
    /// First day that will do.
    pub from: Option<Date>,
    /// Last day that will do.
    pub until: Option<Date>,
    /// First and last beginning that will do.
    pub times: (Time, Time),
}

impl App {
    /// Puts the caller on a waiting list, or says why not.
    ///
    /// # Errors
    ///
    /// [`Failure`]: whether they wait may then be unknown; the list of their places tells.
    pub async fn wait(&self, identity: &Identity, asked: WaitRequest, request: Request) -> Result<WaitReply, Failure> {
        let now = self.now();
        let command = WaitCommand {
            person: identity.person,
            caller: identity.caller(),
            deadline: self.parts.settings.deadlines.of(&asked.specialty),
            lpu: asked.lpu,
            specialty: asked.specialty,
            resource: asked.resource,
            referral: asked.referral,
            phone: asked.phone,
            from: asked.from,
            until: asked.until,
            times: asked.times,
            request,
            new_waiting: WaitingId(self.parts.ids.ordered(now)),
            new_audit: AuditId(self.parts.ids.ordered(now)),
        };
        Ok(self.parts.store.wait(command, now).await?)
    }

    /// The caller's places on waiting lists.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn waiting(&self, identity: &Identity, request: Request) -> Result<Vec<PlaceInLine>, Failure> {
        let places = self.parts.store.waiting(identity.person, self.now()).await?;
        self.record_read(identity, request, ReadRecord::of(Action::ReadWaiting, "ok")).await?;
        Ok(places)
    }

    /// Takes the caller off a waiting list; one that they have left already is answered alike. Somebody else's
    /// place and an absent one are refused alike.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn withdraw(
        &self,
        identity: &Identity,
        waiting: WaitingKey,
        request: Request,
    ) -> Result<WithdrawReply, Failure> {
        let now = self.now();
        let command = WithdrawCommand {
            person: identity.person,
            caller: identity.caller(),
            waiting,
            request,
            new_audit: AuditId(self.parts.ids.ordered(now)),
        };
        Ok(self.parts.store.withdraw(command, now).await?)
    }
}
