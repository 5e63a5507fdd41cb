//! Sealing contacts anew, when their key has changed.

/// What one page of sealing anew came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values looked at.
    pub seen: u64,
    /// Those of them that were sealed anew.
    pub sealed: u64,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Vec<u8>>,
}
