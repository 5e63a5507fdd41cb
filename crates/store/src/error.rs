//! What can go wrong in a store, as far as callers act on it differently.

/// The result of a store's method.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A failure of the store. Never a refusal, and never "not found".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full; nothing was done.
    #[error("the queue of writes is full")]
    Overloaded,
    /// It is stopping or has stopped; nothing was done.
    #[error("the store is closed")]
    Closed,
    /// The change may or may not have been kept: ask again with the same request.
    #[error("the outcome of the commit is unknown: {0}")]
    Unknown(String),
    /// The store cannot serve now: full disk, locked, unreachable. Nothing was done.
    #[error("{0}")]
    Unavailable(String),
    /// What is stored contradicts itself: structure or checksum. Not served.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// It cannot be opened, with the reason and what to do about it.
    #[error("{0}")]
    Open(String),
    /// A mistake of ours.
    #[error("internal error in the store: {0}")]
    Bug(String),
}
