//! A token's claims, well typed and not yet believed.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use talon_domain::ids::PersonId;

use crate::{TokenFault, object};

/// The claims of the contract (section 6). Each has its type, or the token cannot be read; whether
/// `iss`, `aud`, `channel` and `client` have allowed values is judged after the signature.
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: Vec<String>,
    pub(crate) sub: PersonId,
    pub(crate) exp: i64,
    pub(crate) nbf: Option<i64>,
    pub(crate) channel: Option<String>,
    pub(crate) client: Option<String>,
}

impl Claims {
    /// Reads the claims' JSON. A claim that is there must have its type: `null` is not an absent
    /// one, and a text is not a number.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, TokenFault> {
        let members: Members = object::read(json).ok_or(TokenFault::TokenMalformed)?;
        members.complete().ok_or(TokenFault::TokenMalformed)
    }
}

#[derive(Default)]
struct Members {
    iss: Option<String>,
    aud: Option<Audience>,
    sub: Option<PersonId>,
    exp: Option<Seconds>,
    nbf: Option<Seconds>,
    channel: Option<String>,
    client: Option<String>,
}

impl Members {
    fn complete(self) -> Option<Claims> {
        Some(Claims {
            iss: self.iss?,
            aud: self.aud?.0,
            sub: self.sub?,
            exp: self.exp?.0,
            nbf: self.nbf.map(|seconds| seconds.0),
            channel: self.channel,
            client: self.client,
        })
    }
}

impl object::Members for Members {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "iss" => self.iss = Some(map.next_value()?),
            "aud" => self.aud = Some(map.next_value()?),
            "sub" => {
                let text: String = map.next_value()?;
                self.sub = Some(PersonId::parse(&text).map_err(A::Error::custom)?);
            }
            "exp" => self.exp = Some(map.next_value()?),
            "nbf" => self.nbf = Some(map.next_value()?),
            "channel" => self.channel = Some(map.next_value()?),
            "client" => self.client = Some(map.next_value()?),
            "iat" => {
                map.next_value::<Seconds>()?;
            }
            "jti" => {
                map.next_value::<String>()?;
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Seconds since 1970, a whole number that the calendar has. JSON's floats are refused even when
/// they are whole: the issuers that we know of write integers, and a float is where readers differ.
struct Seconds(i64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = i64::try_from(u64::deserialize(deserializer)?).map_err(D::Error::custom)?;
        Timestamp::from_second(seconds).map_err(|_| D::Error::custom("beyond the calendar"))?;
        Ok(Self(seconds))
    }
}

/// One text or an array of them (RFC 7519, section 4.1.3).
struct Audience(Vec<String>);

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AudienceVisitor)
    }
}

struct AudienceVisitor;

impl<'de> Visitor<'de> for AudienceVisitor {
    type Value = Audience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an array of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Audience, E> {
        Ok(Audience(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Audience, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = seq.next_element()? {
            texts.push(text);
        }
        Ok(Audience(texts))
    }
}
