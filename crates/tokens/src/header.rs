//! A token's header.

use serde::de::{Error, IgnoredAny, MapAccess};

use crate::{TokenFault, algorithm::Algorithm, object};

/// What a token says about its own signature. It chooses among the keys we have; it never brings
/// one and never says what a key is for.
#[derive(Debug)]
pub(crate) struct Header {
    /// The algorithm, one of ours.
    pub(crate) algorithm: Algorithm,
    /// The name of the key.
    pub(crate) kid: Option<String>,
}

impl Header {
    /// Reads the header's JSON.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, TokenFault> {
        let members: Members = object::read(json).ok_or(TokenFault::TokenMalformed)?;
        let algorithm = members.alg.as_deref().and_then(Algorithm::from_name);
        Ok(Self { algorithm: algorithm.ok_or(TokenFault::TokenMalformed)?, kid: members.kid })
    }
}

#[derive(Default)]
struct Members {
    alg: Option<String>,
    kid: Option<String>,
}

impl object::Members for Members {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = Some(map.next_value()?),
            "kid" => self.kid = Some(map.next_value()?),
            "typ" => {
                let kind: String = map.next_value()?;
                if !["JWT", "at+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
                    return Err(A::Error::custom("another kind of token"));
                }
            }
            // A key or the place of one, chosen by whoever made the token; an extension that has to
            // be understood; a payload that is not what it seems: RFC 8725, sections 3.1 and 3.10.
            "jwk" | "jku" | "x5c" | "x5u" | "crit" | "b64" | "zip" | "enc" => {
                return Err(A::Error::custom("a header that is not accepted"));
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
