//! Why a request is not let in.

/// What is wrong with a request's authorization, in the order of the checks (contract, section 3,
/// step 1). It tells the caller's kind of fault and nothing else: no part of a token is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenFault {
    /// No header, another scheme, or nothing after `Bearer`.
    #[error("no bearer token")]
    BearerMissing,
    /// Header or claims that cannot be read or have a wrong type; an algorithm or a key that is
    /// not ours; then an `iss`, `aud`, `channel` or `client` that the key may not speak for.
    #[error("the token is malformed")]
    TokenMalformed,
    /// The signature does not verify.
    #[error("the token's signature is invalid")]
    SignatureInvalid,
    /// `exp` has passed or `nbf` has not come, by more than the leeway.
    #[error("the token has expired")]
    TokenExpired,
}

impl TokenFault {
    /// The reason's slug in the catalogue of refusals.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::BearerMissing => "bearer-missing",
            Self::TokenMalformed => "token-malformed",
            Self::SignatureInvalid => "signature-invalid",
            Self::TokenExpired => "token-expired",
        }
    }
}
