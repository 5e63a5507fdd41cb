//! Audit records of requests that come to no transaction of their own.

use talon_domain::{
    access::{Channel, Client},
    audit::{Action, AuditRecord},
    ids::{AuditId, ClientId, PersonId, RequestId},
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
    /// A client application on its own behalf.
    pub(crate) fn client(client: &Client) -> Self {
        Self { person: None, client: Some(client.id), channel: Some(client.channel) }
    }
}

impl App {
    /// Keeps the record of a booking that was refused before it reached the store, by its shape or
    /// on its way (415, 413). It precedes the answer: without the record there is none.
    ///
    /// A 429 and a 408 leave no record. Both can be had at any rate by one who sends too much or
    /// nothing at all; a durable write for each would hand them the disk that the limits protect.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn record_refused_booking(
        &self,
        identity: &Identity,
        request: RequestId,
        reason: &'static str,
    ) -> Result<(), Failure> {
        let client = identity.client.as_ref().map(|client| client.id);
        let actor = Actor { person: Some(identity.person), client, channel: Some(identity.channel) };
        self.record(actor, request, Action::Book, reason).await
    }

    pub(crate) async fn record(
        &self,
        actor: Actor,
        request: RequestId,
        action: Action,
        outcome: &'static str,
    ) -> Result<(), Failure> {
        let at = self.now();
        let record = AuditRecord {
            id: AuditId(self.parts.ids.ordered(at)),
            at,
            request,
            person: actor.person,
            client: actor.client,
            channel: actor.channel,
            action,
            facility: None,
            object: None,
            outcome: outcome.to_owned(),
        };
        Ok(self.parts.store.record(record).await?)
    }
}
