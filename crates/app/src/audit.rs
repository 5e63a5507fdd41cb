//! Audit records of requests that come to no transaction of their own.

use talon_domain::{
    access::{Channel, Client},
    audit::{Action, AuditRecord, Request},
    ids::{AuditId, ClientId, FacilityId, PersonId},
};
use talon_tokens::Identity;

use crate::{App, Failure};

/// On whose behalf and through whom something was attempted, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Actor {
    pub(crate) person: Option<PersonId>,
    pub(crate) client: Option<ClientId>,
    pub(crate) channel: Option<Channel>,
}

impl Actor {
    /// A token's person.
    fn person(identity: &Identity) -> Self {
        let client = identity.client.as_ref().map(|client| client.id);
        Self { person: Some(identity.person), client, channel: Some(identity.channel) }
    }

    /// A client application on its own behalf.
    pub(crate) fn client(client: &Client) -> Self {
        Self { person: None, client: Some(client.id), channel: Some(client.channel) }
    }
}

/// What the audit tells of a read.
#[derive(Clone, Debug)]
pub struct ReadRecord {
    /// What was read.
    pub action: Action,
    /// In which facility, where the request names a known one.
    pub facility: Option<FacilityId>,
    /// The object's guids, where the request names one.
    pub object: Option<String>,
    /// `ok`, or the slug of the refusal.
    pub outcome: &'static str,
}

impl ReadRecord {
    /// A read that names neither a facility nor an object.
    #[must_use]
    pub fn of(action: Action, outcome: &'static str) -> Self {
        Self { action, facility: None, object: None, outcome }
    }
}

impl App {
    /// Keeps the record of a request that was refused before it reached the store, by its shape or
    /// on its way (415, 413). It precedes the answer: without the record there is none.
    ///
    /// A 429 and a 408 leave no record. Both can be had at any rate by one who sends too much or
    /// nothing at all; a durable write for each would hand them the disk that the limits protect.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn record_refused(
        &self,
        identity: &Identity,
        action: Action,
        request: Request,
        reason: &'static str,
    ) -> Result<(), Failure> {
        self.record(Actor::person(identity), request, action, reason).await
    }

    /// Keeps the record of a read, also of one that was refused. It precedes the answer, as
    /// [`Self::record_refused`] does; a 429 leaves none here either. Measurements of what the record costs go without
    /// it; `talon doctor` and the server's log warn of that.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn record_read(&self, identity: &Identity, request: Request, read: ReadRecord) -> Result<(), Failure> {
        if !self.parts.settings.audit_reads {
            return Ok(());
        }
        self.keep(Actor::person(identity), request, read).await
    }

    pub(crate) async fn record(
        &self,
        actor: Actor,
        request: Request,
        action: Action,
        outcome: &'static str,
    ) -> Result<(), Failure> {
        self.keep(actor, request, ReadRecord::of(action, outcome)).await
    }

    pub(crate) async fn keep(&self, actor: Actor, request: Request, told: ReadRecord) -> Result<(), Failure> {
        let at = self.now();
        let record = AuditRecord {
            id: AuditId(self.parts.ids.ordered(at)),
            at,
            request: request.id,
            from: request.from,
            node: request.node,
            person: actor.person,
            client: actor.client,
            channel: actor.channel,
            action: told.action,
            facility: told.facility,
            object: told.object,
            outcome: told.outcome.to_owned(),
        };
        Ok(self.parts.store.record(record).await?)
    }
}
