//! What a verified token says, and what is judged anew each time it comes.

use std::sync::Arc;

use jiff::Timestamp;
use talon_domain::{
    access::{Caller, Channel, Client},
    ids::{ClientId, PersonId},
    reference::Reference,
};

use crate::{TokenFault, claims::Claims, issuer::Issuer};

/// How far clocks may differ: a token counts until this long after `exp` and from this long before
/// `nbf` (contract, section 6).
pub const LEEWAY_SECONDS: i64 = 60;

/// Who is asking. Nothing else in a request may say it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The person, from `sub`.
    pub person: PersonId,
    /// The channel the person comes through.
    pub channel: Channel,
    /// The client application, when the token names one.
    pub client: Option<Arc<Client>>,
}

impl Identity {
    /// Who is asking, as the rules see it.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller { channel: self.channel, client: self.client.clone() }
    }
}

/// Claims whose signature verified and whose issuer may make them.
#[derive(Clone, Copy)]
pub(crate) struct Verified {
    person: PersonId,
    channel: Channel,
    client: Option<ClientId>,
    exp: i64,
    nbf: Option<i64>,
}

impl Verified {
    /// Judges what depends on the issuer alone: `iss`, `aud`, and whether it may speak for the
    /// channel. A token without a channel means the portal.
    pub(crate) fn new(claims: &Claims, issuer: &Issuer) -> Result<Self, TokenFault> {
        if claims.iss != issuer.name || !claims.aud.iter().any(|aud| issuer.audience.contains(aud)) {
            return Err(TokenFault::TokenMalformed);
        }
        let channel = match &claims.channel {
            None => Channel::Internet,
            Some(word) => Channel::from_code(word).ok_or(TokenFault::TokenMalformed)?,
        };
        if !issuer.channels.contains(&channel) {
            return Err(TokenFault::TokenMalformed);
        }
        let client = claims.client.as_deref().map(ClientId::parse).transpose();
        Ok(Self {
            person: claims.sub,
            channel,
            client: client.map_err(|_| TokenFault::TokenMalformed)?,
            exp: claims.exp,
            nbf: claims.nbf,
        })
    }

    /// Judges what may change while a token lives: its client, then the time.
    pub(crate) fn admit(&self, reference: &Reference, now: Timestamp) -> Result<Identity, TokenFault> {
        let client = match self.client {
            None => None,
            Some(id) => {
                let known = reference.client(id).filter(|client| client.channel == self.channel);
                Some(Arc::clone(known.ok_or(TokenFault::TokenMalformed)?))
            }
        };
        let now = now.as_second();
        let over = now >= self.exp.saturating_add(LEEWAY_SECONDS);
        let early = self.nbf.is_some_and(|nbf| now < nbf.saturating_sub(LEEWAY_SECONDS));
        if over || early {
            return Err(TokenFault::TokenExpired);
        }
        Ok(Identity { person: self.person, channel: self.channel, client })
    }
}
