//! A checkpoint: a signed word on how far a chain had come, kept where who can write the store cannot write.

use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use talon_domain::{audit::AuditKind, node::NodeName};
use talon_store::{Chain, ChainEnd, ChainHash};
use talon_tokens::{KeyError, OwnKey, PublicKey};

/// What keeps these statements apart from whatever else the installation's own key signs.
const PURPOSE: &str = "talon audit checkpoint 1";

/// A word on a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The end that the chain had.
    pub end: ChainEnd,
    /// When this was signed.
    pub at: Timestamp,
    /// SHA-256 of the file that the chain was exported to before it was removed from the store; `None` while it is to
    /// stay there.
    pub closed: Option<ChainHash>,
    /// SHA-256 of the line before it in its file; `None` in the first.
    pub before: Option<ChainHash>,
}

/// A line, as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    node: String,
    kind: String,
    day: String,
    number: u64,
    hash: String,
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    key: String,
    signature: String,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// It is not one that this program writes.
    #[error("is no checkpoint: it was cut off or edited")]
    Unreadable,
    /// Its key is none of those that were given.
    #[error("is signed with the key {0}, which was not given (--public-key)")]
    UnknownKey(String),
    /// The signature is another text's.
    #[error("does not fit its signature: it was edited")]
    Forged,
}

impl Checkpoint {
    /// The line, signed, without a line break.
    ///
    /// # Errors
    ///
    /// [`KeyError::Crypto`]
    pub fn signed(&self, own: &OwnKey) -> Result<String, KeyError> {
        let chain = &self.end.chain;
        let key = own.public()?.kid().to_owned();
        let line = Line {
            node: chain.node.to_string(),
            kind: chain.kind.code().to_owned(),
            day: chain.day.to_string(),
            number: self.end.number,
            hash: self.end.hash.to_string(),
            at: self.at.to_string(),
            closed: self.closed.map(|hash| hash.to_string()),
            before: self.before.map(|hash| hash.to_string()),
            signature: own.sign_statement(PURPOSE, &self.statement(&key))?,
            key,
        };
        serde_json::to_string(&line).map_err(|_| KeyError::Crypto("writing a checkpoint"))
    }

    /// Reads a line that one of these keys has signed. A checkpoint has one spelling: another is no line of ours.
    ///
    /// # Errors
    ///
    /// [`BadLine`]
    pub fn read(text: &str, keys: &[PublicKey]) -> Result<Self, BadLine> {
        let line: Line = serde_json::from_str(text).map_err(|_| BadLine::Unreadable)?;
        if serde_json::to_string(&line).ok().as_deref() != Some(text) {
            return Err(BadLine::Unreadable);
        }
        let checkpoint = Self::of(&line).ok_or(BadLine::Unreadable)?;
        let key = keys.iter().find(|key| key.kid() == line.key);
        let key = key.ok_or_else(|| BadLine::UnknownKey(line.key.clone()))?;
        match key.verifies(PURPOSE, &checkpoint.statement(&line.key), &line.signature) {
            true => Ok(checkpoint),
            false => Err(BadLine::Forged),
        }
    }

    /// What a line says of itself, nothing believed yet: to go on from the end of a file of one's own.
    pub(crate) fn unverified(text: &str) -> Option<Self> {
        Self::of(&serde_json::from_str(text).ok()?)
    }

    fn of(line: &Line) -> Option<Self> {
        let hash = |text: &Option<String>| match text {
            Some(text) => ChainHash::parse(text).map(Some),
            None => Some(None),
        };
        let chain = Chain {
            node: NodeName::from_str(&line.node).ok()?,
            kind: AuditKind::from_code(&line.kind)?,
            day: line.day.parse::<Date>().ok().filter(|day| day.to_string() == line.day)?,
        };
        Some(Self {
            end: ChainEnd { chain, number: line.number, hash: ChainHash::parse(&line.hash)? },
            at: line.at.parse::<Timestamp>().ok().filter(|at| at.to_string() == line.at)?,
            closed: hash(&line.closed)?,
            before: hash(&line.before)?,
        })
    }

    /// What is signed: every part on a line of its own, absent ones empty. None of them has a line break in it.
    fn statement(&self, key: &str) -> String {
        let ChainEnd { chain, number, hash } = &self.end;
        let optional = |hash: &Option<ChainHash>| hash.map(|hash| hash.to_string()).unwrap_or_default();
        [
            chain.node.to_string(),
            chain.kind.code().to_owned(),
            chain.day.to_string(),
            number.to_string(),
            hash.to_string(),
            self.at.to_string(),
            optional(&self.closed),
            optional(&self.before),
            key.to_owned(),
        ]
        .join("\n")
    }
}

/// The hash by which the next line names this one.
#[must_use]
pub fn line_hash(line: &str) -> ChainHash {
    ChainHash(Sha256::digest(line.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_and_any_other_spelling_of_it_is_not() {
        let own = OwnKey::generate().unwrap();
        let keys = [own.public().unwrap()];
        let chain = Chain { node: "a".parse().unwrap(), kind: AuditKind::Read, day: "2026-04-14".parse().unwrap() };
        let checkpoint = Checkpoint {
            end: ChainEnd::nothing(chain),
            at: "2026-04-14T09:00:00.5Z".parse().unwrap(),
            closed: Some(line_hash("file")),
            before: Some(line_hash("line")),
        };
        let line = checkpoint.signed(&own).unwrap();
        assert_eq!(Checkpoint::read(&line, &keys), Ok(checkpoint.clone()));
        let other = OwnKey::generate().unwrap().public().unwrap();
        assert!(matches!(Checkpoint::read(&line, &[other]), Err(BadLine::UnknownKey(_))));
        for (from, to) in [
            ("\"number\":0", "\"number\":1"),
            ("\"kind\":\"read\"", "\"kind\":\"change\""),
            ("09:00:00.5Z", "09:00:01.5Z"),
            ("\"node\":\"a\"", "\"node\":\"b\""),
        ] {
            assert_eq!(Checkpoint::read(&line.replace(from, to), &keys), Err(BadLine::Forged), "{to}");
        }
        for other in
            [line.replace(',', ", "), line[1..].to_owned(), format!("{line} "), line.replace("00.5Z", "00.50Z")]
        {
            assert_eq!(Checkpoint::read(&other, &keys), Err(BadLine::Unreadable), "{other}");
        }
        let open = Checkpoint { closed: None, before: None, ..checkpoint };
        assert_eq!(Checkpoint::read(&open.signed(&own).unwrap(), &keys), Ok(open));
    }
}
