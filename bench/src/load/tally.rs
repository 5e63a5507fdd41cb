//! Answers, counted by what they say.

use std::{collections::BTreeMap, fmt};

/// How many answers there were of each kind: "200", or status, code and reason of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    booked: u64,
    others: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts an answer.
    pub(super) fn count(&mut self, status: u16, body: &[u8]) {
        if status == 200 {
            self.booked += 1;
            return;
        }
        let named = [field(body, br#""Message_code":""#), field(body, br#""Reason":""#)];
        let words = std::iter::once(status.to_string()).chain(named.into_iter().flatten());
        self.count_as(words.collect::<Vec<_>>().join(" "));
    }

    /// Counts a request that was not answered.
    pub(super) fn count_lost(&mut self) {
        self.count_as("no answer".to_owned());
    }

    /// Counts what another has counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.booked += other.booked;
        for (kind, count) in &other.others {
            *self.others.entry(kind.clone()).or_default() += count;
        }
    }

    /// Answers with status 200.
    pub(crate) fn booked(&self) -> u64 {
        self.booked
    }

    /// Answers, and missing ones, whose kind begins with `kind`.
    pub(crate) fn others(&self, kind: &str) -> u64 {
        self.others.iter().filter(|(name, _)| name.starts_with(kind)).map(|(_, count)| count).sum()
    }

    /// Whether everything was booked.
    pub(crate) fn is_all_booked(&self) -> bool {
        self.others.is_empty()
    }

    fn count_as(&mut self, kind: String) {
        *self.others.entry(kind).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × 200", self.booked)?;
        self.others.iter().try_for_each(|(kind, count)| write!(f, ", {count} × {kind}"))
    }
}

/// The text after a key. Codes and slugs have nothing in them that JSON would escape.
fn field(body: &[u8], key: &[u8]) -> Option<String> {
    let first = body.windows(key.len()).position(|window| window == key)? + key.len();
    let rest = body.get(first..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_by_status_code_and_reason() {
        let mut tally = Tally::default();
        tally.count(200, b"{}");
        let refusal = r#"{"Code":400,"Message":"x","Message_code":"4009","Reason":"time-taken"}"#;
        tally.count(400, refusal.as_bytes());
        tally.count(400, refusal.as_bytes());
        tally.count(503, b"");
        tally.count_lost();
        assert_eq!(tally.to_string(), "1 × 200, 2 × 400 4009 time-taken, 1 × 503, 1 × no answer");
        assert_eq!((tally.booked(), tally.others("400 4009"), tally.others("5")), (1, 2, 1));
        assert!(!tally.is_all_booked());
    }
}
