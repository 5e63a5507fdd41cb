//! What is wrong with the audit, in words.

use std::fmt;

/// Something that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a chain, a line of a file, a record.
    pub place: String,
    /// What, to be read after the place.
    pub what: String,
}

impl Fault {
    /// Something that should not be.
    pub(crate) fn new(place: &impl ToString, what: String) -> Self {
        Self { place: place.to_string(), what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}
