//! Issuing a token to a client application, as the portal's back end does (contract, section 6).
//!
//! It hands out access to a person's data, so every call is recorded before it is answered. One
//! over a limit is not: it got nothing, and a durable write for each would hand whoever floods the
//! disk that the limit protects.

use std::{sync::Arc, time::Duration};

use talon_domain::{
    access::Client,
    audit::{Action, Request},
    ids::{ClientId, PersonId},
};
use talon_store::{PersonMatch, PolicyQuery};
use talon_tokens::NewToken;

use crate::{App, Failure, Limited, audit::Actor};

/// Whose allowance is used by callers that name no known client.
const NOBODY: ClientId = ClientId(uuid::Uuid::nil());

/// What a client application proves itself with.
pub struct Credentials {
    /// The client as it names itself.
    pub client: ClientId,
    /// The secret that it gives.
    pub secret: String,
}

/// A token.
pub struct IssuedToken {
    /// In compact form.
    pub token: String,
    /// How long it is valid.
    pub expires_in: Duration,
}

/// Why no token is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRefusal {
    /// There is no such client, or its secret is another, or none was given.
    ClientUnknown,
    /// Nobody has this policy and birth date, or they have no card.
    PersonUnknown,
    /// Too many requests of the client or for the person.
    Limited(Limited),
}

impl TokenRefusal {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::ClientUnknown => "client-unknown",
            Self::PersonUnknown => "person-unknown",
            Self::Limited(_) => "too-many-requests",
        }
    }
}

impl App {
    /// The client that proves itself by these credentials. The limit is taken before the secret is
    /// looked at, so that secrets cannot be guessed faster than the limit lets them.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn prove_client(
        &self,
        credentials: Option<Credentials>,
        request: Request,
    ) -> Result<Result<Arc<Client>, TokenRefusal>, Failure> {
        let claimed = credentials.as_ref().map(|credentials| credentials.client);
        let known = claimed.and_then(|client| self.reference().client(client).cloned());
        // Whoever names no client that there is shares one allowance: drawn guids must not be an
        // endless supply of them, each refusal a durable record.
        let allowance = known.as_ref().map_or(NOBODY, |client| client.id);
        if let Err(limited) = self.token_clients.take(allowance.0, self.now()) {
            return Ok(Err(TokenRefusal::Limited(limited)));
        }
        let Some(Credentials { client, secret }) = credentials else {
            return self.refuse_token(Actor::default(), request, TokenRefusal::ClientUnknown).await;
        };
        let hash = self.parts.store.client_secret(client).await?.map(|stored| stored.hash);
        let matches = self.secrets.matches(hash, secret).await?;
        match known {
            Some(client) if matches => Ok(Ok(client)),
            known => {
                let actor = Actor { client: known.map(|client| client.id), ..Actor::default() };
                self.refuse_token(actor, request, TokenRefusal::ClientUnknown).await
            }
        }
    }

    /// Issues a token for the person with this policy to a client that has proved itself.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn issue_token(
        &self,
        client: &Arc<Client>,
        policy: &PolicyQuery,
        request: Request,
    ) -> Result<Result<IssuedToken, TokenRefusal>, Failure> {
        let PersonMatch::One(person) = self.parts.store.person_by_policy(policy).await? else {
            return self.refuse_token(Actor::client(client), request, TokenRefusal::PersonUnknown).await;
        };
        if let Err(limited) = self.token_persons.take(person.0, self.now()) {
            return Ok(Err(TokenRefusal::Limited(limited)));
        }
        let token = self.sign(client, person)?;
        let actor = Actor { person: Some(person), ..Actor::client(client) };
        self.record(actor, request, Action::Token, "ok").await?;
        Ok(Ok(IssuedToken { token, expires_in: self.parts.settings.token_ttl }))
    }

    /// Keeps the record of a request for a token that was refused by its shape or on its way
    /// (400, 413, 415).
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn record_refused_token(
        &self,
        client: &Arc<Client>,
        request: Request,
        reason: &'static str,
    ) -> Result<(), Failure> {
        self.record(Actor::client(client), request, Action::Token, reason).await
    }

    fn sign(&self, client: &Arc<Client>, person: PersonId) -> Result<String, Failure> {
        let key = self.parts.own_key.as_ref().ok_or_else(|| Failure::Internal("there is no signing key".into()))?;
        let ttl = self.parts.settings.token_ttl;
        let token = NewToken { person, client: Some(client.id), channel: Some(client.channel), ttl };
        key.sign(&token, self.now()).map_err(|error| Failure::Internal(format!("signing a token: {error}")))
    }

    async fn refuse_token<T>(
        &self,
        actor: Actor,
        request: Request,
        refusal: TokenRefusal,
    ) -> Result<Result<T, TokenRefusal>, Failure> {
        self.record(actor, request, Action::Token, refusal.slug()).await?;
        Ok(Err(refusal))
    }
}
