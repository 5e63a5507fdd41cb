//! What an appointment was before, and why it was given up.

use std::fmt;

use jiff::Timestamp;

use crate::{
    entry::{Entry, Ticket},
    ids::{EntryKey, ResourceId, SlotId},
};

/// What an entry was before it was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryVersion {
    /// The entry.
    pub entry: EntryKey,
    /// Which of its versions.
    pub version: u32,
    /// With whom it was, in the entry's facility.
    pub resource: ResourceId,
    /// In which cell.
    pub slot: SlotId,
    /// Which of the cell's places.
    pub place: u16,
    /// When it was to begin.
    pub start: Timestamp,
    /// How long it was to last.
    pub minutes: u16,
    /// The ticket that it had.
    pub ticket: Ticket,
    /// When it was moved.
    pub until: Timestamp,
}

impl EntryVersion {
    /// An entry's present state, which ends now.
    #[must_use]
    pub fn of(entry: &Entry, until: Timestamp) -> Self {
        Self {
            entry: entry.key,
            version: entry.version,
            resource: entry.resource,
            slot: entry.slot,
            place: entry.place,
            start: entry.start,
            minutes: entry.minutes,
            ticket: entry.ticket.clone(),
            until,
        }
    }
}

/// An entry was cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// The entry.
    pub entry: EntryKey,
    /// Why, where that was said.
    pub reason: Option<CancelReason>,
    /// When.
    pub at: Timestamp,
}

/// Why an appointment is given up: a code of the family's table and, with [`CancelReason::OTHER`], the
/// patient's own words.
#[derive(Clone, PartialEq, Eq)]
pub struct CancelReason {
    code: u8,
    text: Option<String>,
}

/// What cannot be a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReason {
    /// The code is out of range.
    #[error("a code is from 1 to {}", CancelReason::HIGHEST)]
    Code,
    /// Words are missing where the code asks for them.
    #[error("the code asks for words")]
    TextMissing,
    /// Words are given where the code does not ask for them.
    #[error("only code {} has words", CancelReason::OTHER)]
    TextUnasked,
    /// The words are too long, blank, or have control characters.
    #[error("at most {} characters, none of them a control character", CancelReason::LONGEST)]
    Text,
}

impl CancelReason {
    /// The code of a reason that is none of the table's: it has words.
    pub const OTHER: u8 = 6;
    /// The highest code. The family's table ends at [`Self::OTHER`]; a portal may have more.
    pub const HIGHEST: u8 = 99;
    /// Characters that the words may have.
    pub const LONGEST: usize = 500;

    /// A reason.
    ///
    /// # Errors
    ///
    /// [`BadReason`]
    pub fn new(code: u8, text: Option<String>) -> Result<Self, BadReason> {
        if !(1..=Self::HIGHEST).contains(&code) {
            return Err(BadReason::Code);
        }
        match &text {
            None if code == Self::OTHER => return Err(BadReason::TextMissing),
            Some(_) if code != Self::OTHER => return Err(BadReason::TextUnasked),
            Some(text) if !is_plain(text) => return Err(BadReason::Text),
            _ => {}
        }
        Ok(Self { code, text })
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The patient's own words.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

fn is_plain(text: &str) -> bool {
    let blank = text.chars().all(char::is_whitespace);
    !blank && !text.chars().any(char::is_control) && text.chars().count() <= CancelReason::LONGEST
}

impl fmt::Debug for CancelReason {
    /// What patients write of themselves never reaches a log by way of `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelReason({})", self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_belong_to_one_code() {
        let words = |text: &str| Some(text.to_owned());
        assert!(CancelReason::new(1, None).is_ok() && CancelReason::new(6, words("Уехал")).is_ok());
        assert_eq!(CancelReason::new(0, None), Err(BadReason::Code));
        assert_eq!(CancelReason::new(100, None), Err(BadReason::Code));
        assert_eq!(CancelReason::new(6, None), Err(BadReason::TextMissing));
        assert_eq!(CancelReason::new(1, words("Уехал")), Err(BadReason::TextUnasked));
        assert_eq!(CancelReason::new(6, words("\n")), Err(BadReason::Text));
        assert_eq!(CancelReason::new(6, words("у\u{0}")), Err(BadReason::Text));
        assert!(CancelReason::new(6, words(&"ё".repeat(500))).is_ok());
        assert_eq!(CancelReason::new(6, words(&"ё".repeat(501))), Err(BadReason::Text));
    }

    #[test]
    fn the_words_are_not_shown() {
        let reason = CancelReason::new(6, Some("Уехал".to_owned())).unwrap();
        assert_eq!(format!("{reason:?}"), "CancelReason(6)");
    }
}
