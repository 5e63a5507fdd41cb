//! The token in an `Authorization` header.

use crate::TokenFault;

/// The longest token that is looked at, in bytes. A longer one is malformed.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Takes the token out of the header's value: `Bearer` in any case, one or more spaces, the token.
/// What stands there must be one word of visible ASCII, else it is a token that cannot be read.
pub(crate) fn token(authorization: Option<&[u8]>) -> Result<&str, TokenFault> {
    let value = authorization.ok_or(TokenFault::BearerMissing)?.trim_ascii();
    let space = value.iter().position(|byte| *byte == b' ').ok_or(TokenFault::BearerMissing)?;
    let (scheme, rest) = value.split_at(space);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(TokenFault::BearerMissing);
    }
    let start = rest.iter().position(|byte| *byte != b' ').ok_or(TokenFault::BearerMissing)?;
    let token = &rest[start..];
    if token.len() > LONGEST_TOKEN || !token.iter().all(u8::is_ascii_graphic) {
        return Err(TokenFault::TokenMalformed);
    }
    str::from_utf8(token).map_err(|_| TokenFault::TokenMalformed)
}
