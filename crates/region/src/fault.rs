//! What is wrong with a line.

use std::fmt;

/// One thing that is wrong with a line. The texts never repeat a value: values are personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The key at fault, as in `policy.number` or `parts[0].to`; empty when it is the whole line.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

impl LineFault {
    pub(crate) fn new(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into() }
    }

    /// A fault of the whole line.
    pub(crate) fn of_line(what: impl Into<String>) -> Self {
        Self::new("", what)
    }
}

impl fmt::Display for LineFault {
    /// What is wrong, then which key: ``not a guid, key `person` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(&self.what),
            key => write!(f, "{}, key `{key}`", self.what),
        }
    }
}
