//! When a use case can give no answer of its own.

use talon_store::StoreError;

/// Neither done nor refused. A façade says only which of the two it is; the cause is logged once,
/// there, with the request's id.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store cannot serve now or cannot tell what became of a commit: ask again with the same
    /// request (503).
    #[error("the store does not serve: {0}")]
    Unavailable(#[source] StoreError),
    /// Something is broken, and asking again would not help (500).
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded | StoreError::Closed | StoreError::Unknown(_) | StoreError::Unavailable(_) => {
                Self::Unavailable(error)
            }
            StoreError::Damaged(_) | StoreError::Open(_) | StoreError::Bug(_) => Self::Internal(error.to_string()),
        }
    }
}
