//! The compact form of a signed token: three segments with dots between.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::TokenFault;

/// A token taken apart, nothing in it believed yet.
pub(crate) struct Compact<'a> {
    /// What the signature is over: the first two segments as sent.
    pub(crate) signed: &'a str,
    /// The header's JSON.
    pub(crate) header: Vec<u8>,
    /// The claims' JSON.
    pub(crate) claims: Vec<u8>,
    /// The signature; `None` when its segment is not base64url. The contract counts an unreadable
    /// header or unreadable claims as a malformed token, but this as a signature that is wrong.
    pub(crate) signature: Option<Vec<u8>>,
}

impl<'a> Compact<'a> {
    /// Splits and decodes. Only the one canonical base64url of a byte string is accepted: no
    /// padding, no stray bits at the end, so that a token has one spelling.
    pub(crate) fn parse(token: &'a str) -> Result<Self, TokenFault> {
        let mut segments = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(TokenFault::TokenMalformed);
        };
        Ok(Self {
            signed: &token[..header.len() + 1 + claims.len()],
            header: decode(header).ok_or(TokenFault::TokenMalformed)?,
            claims: decode(claims).ok_or(TokenFault::TokenMalformed)?,
            signature: decode(signature),
        })
    }
}

/// Decodes canonical base64url.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Writes base64url as tokens and keys have it.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
