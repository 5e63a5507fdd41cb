//! The audit's chains: which record stands where, and what its hash is made of. The same in every back end.

use std::fmt;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use talon_domain::{
    access::Channel,
    audit::{AuditKind, AuditRecord},
    ids::{AuditId, ClientId, FacilityId, PersonId, RequestId},
    node::NodeName,
};

/// Says which encoding this is. Another one has another name.
const RECORD: &[u8] = b"talon audit record 1";
/// The same of what the first record of a chain is linked to.
const CHAIN: &[u8] = b"talon audit chain 1";

/// A chain: what one node sealed on one UTC day of records of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chain {
    /// The node that sealed them, which need not be the one that wrote them.
    pub node: NodeName,
    /// Their kind: a chain is removed as a whole once its kind has been kept for long enough.
    pub kind: AuditKind,
    /// The day on which they were sealed, in UTC.
    pub day: Date,
}

impl Chain {
    /// What the first record is linked to.
    #[must_use]
    pub fn beginning(&self) -> ChainHash {
        let mut sum = Parts::begin(CHAIN);
        sum.part(self.node.as_str().as_bytes());
        sum.part(self.kind.code().as_bytes());
        sum.part(self.day.to_string().as_bytes());
        sum.end()
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chain {} {} {}", self.node, self.kind.code(), self.day)
    }
}

/// The hash that a record has in its chain: it stands for the record and for all before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// The hash of the record that comes after the one with this hash.
    #[must_use]
    pub fn next(&self, record: &AuditRecord) -> Self {
        let mut sum = Parts::begin(RECORD);
        sum.part(&self.0);
        sum.part(record.id.bytes());
        sum.part(&record.at.as_microsecond().to_be_bytes());
        sum.part(record.request.bytes());
        sum.optional(record.from.map(|from| from.to_string()).as_deref().map(str::as_bytes));
        sum.optional(record.node.as_ref().map(|node| node.as_str().as_bytes()));
        sum.optional(record.person.as_ref().map(|id| &PersonId::bytes(id)[..]));
        sum.optional(record.client.as_ref().map(|id| &ClientId::bytes(id)[..]));
        sum.optional(record.channel.map(|channel| Channel::code(channel).as_bytes()));
        sum.part(record.action.code().as_bytes());
        sum.optional(record.facility.as_ref().map(|id| &FacilityId::bytes(id)[..]));
        sum.optional(record.object.as_deref().map(str::as_bytes));
        sum.part(record.outcome.as_bytes());
        sum.end()
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ChainHash {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

/// A sum over parts. Each is preceded by its length, and one that may be absent by whether it is there, so that no
/// two records run into the same bytes.
struct Parts(Sha256);

impl Parts {
    fn begin(name: &[u8]) -> Self {
        let mut sum = Self(Sha256::new());
        sum.part(name);
        sum
    }

    fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        self.0.update([u8::from(bytes.is_some())]);
        if let Some(bytes) = bytes {
            self.part(bytes);
        }
    }

    fn end(self) -> ChainHash {
        ChainHash(self.0.finalize().into())
    }
}

/// A record's place in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The chain.
    pub chain: Chain,
    /// The record's number in it, from 1 without a gap.
    pub number: u64,
    /// The record's request.
    pub request: RequestId,
    /// The record.
    pub audit: AuditId,
    /// Its hash there.
    pub hash: ChainHash,
}

/// The last record of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    /// The chain.
    pub chain: Chain,
    /// How many records it has.
    pub number: u64,
    /// The hash of the last.
    pub hash: ChainHash,
}

impl ChainEnd {
    /// A chain without a record.
    #[must_use]
    pub fn nothing(chain: Chain) -> Self {
        Self { chain, number: 0, hash: chain.beginning() }
    }

    /// Appends a record, and says where it stands.
    pub fn append(&mut self, record: &AuditRecord) -> Seal {
        self.number += 1;
        self.hash = self.hash.next(record);
        Seal { chain: self.chain, number: self.number, request: record.request, audit: record.id, hash: self.hash }
    }
}

/// The chains of a node and a day, one for each kind, as their ends are stored.
pub struct OpenChains(Vec<ChainEnd>);

impl OpenChains {
    /// Chains of which these ends are known; the others have no record yet.
    #[must_use]
    pub fn new(node: NodeName, day: Date, stored: Vec<ChainEnd>) -> Self {
        let end = |kind: &AuditKind| {
            let chain = Chain { node, kind: *kind, day };
            stored.iter().find(|end| end.chain == chain).copied().unwrap_or(ChainEnd::nothing(chain))
        };
        Self(AuditKind::ALL.iter().map(end).collect())
    }

    /// Appends records, each to the chain of its kind, in their order. Says what has to be written: the seals, and
    /// the ends that moved, each with the number that it had.
    #[must_use]
    pub fn append(mut self, records: &[AuditRecord]) -> (Vec<Seal>, Vec<(u64, ChainEnd)>) {
        let before: Vec<_> = self.0.iter().map(|end| end.number).collect();
        let mut seals = Vec::with_capacity(records.len());
        for record in records {
            if let Some(end) = self.0.iter_mut().find(|end| end.chain.kind == record.action.kind()) {
                seals.push(end.append(record));
            }
        }
        let moved = before.into_iter().zip(self.0).filter(|(before, end)| *before != end.number);
        (seals, moved.collect())
    }
}

#[cfg(test)]
mod tests {
    use talon_domain::audit::Action;

    use super::*;

    fn record() -> AuditRecord {
        AuditRecord {
            id: AuditId::from_bytes([1; 16]),
            at: "2026-04-14T09:00:00.000001Z".parse().unwrap(),
            request: RequestId::from_bytes([2; 16]),
            from: Some("192.0.2.7".parse().unwrap()),
            node: Some("zapis-1".parse().unwrap()),
            person: Some(PersonId::from_bytes([3; 16])),
            client: None,
            channel: Some(Channel::Internet),
            action: Action::Book,
            facility: None,
            object: Some(String::new()),
            outcome: "ok".to_owned(),
        }
    }

    fn chain() -> Chain {
        Chain { node: "zapis-1".parse().unwrap(), kind: AuditKind::Change, day: "2026-04-14".parse().unwrap() }
    }

    /// What is signed and kept for years must not change with the program.
    #[test]
    fn the_encoding_stays_what_it_is() {
        let hash = chain().beginning().next(&record());
        assert_eq!(hash.to_string(), "74a9c9be9803ff01e340e6b1fb1a815db8b255e1eca5271fbab415eae4f00993");
        assert_eq!(ChainHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(ChainHash::parse(&hash.to_string().to_uppercase()), None);
    }

    #[test]
    fn every_part_of_a_record_counts() {
        let base = record();
        let others = [
            AuditRecord { id: AuditId::from_bytes([9; 16]), ..base.clone() },
            AuditRecord { at: "2026-04-14T09:00:00Z".parse().unwrap(), ..base.clone() },
            AuditRecord { request: RequestId::from_bytes([9; 16]), ..base.clone() },
            AuditRecord { from: None, ..base.clone() },
            AuditRecord { node: None, ..base.clone() },
            AuditRecord { person: None, client: Some(ClientId::from_bytes([3; 16])), ..base.clone() },
            AuditRecord { channel: None, ..base.clone() },
            AuditRecord { action: Action::Cancel, ..base.clone() },
            AuditRecord { facility: Some(FacilityId::from_bytes([3; 16])), ..base.clone() },
            AuditRecord { object: None, ..base.clone() },
            AuditRecord { outcome: "okay".to_owned(), ..base.clone() },
        ];
        let mut hashes: Vec<_> =
            others.iter().chain([&base]).map(|record| chain().beginning().next(record).to_string()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), others.len() + 1);
        let elsewhere = Chain { kind: AuditKind::Read, ..chain() };
        assert_ne!(elsewhere.beginning(), chain().beginning());
    }

    #[test]
    fn records_go_to_the_chain_of_their_kind() {
        let read = AuditRecord { action: Action::ReadTicket, ..record() };
        let stored = ChainEnd { number: 7, ..ChainEnd::nothing(chain()) };
        let chains = OpenChains::new(chain().node, chain().day, vec![stored]);
        let (seals, moved) = chains.append(&[record(), read.clone(), record()]);
        let places: Vec<_> = seals.iter().map(|seal| (seal.chain.kind, seal.number)).collect();
        assert_eq!(places, [(AuditKind::Change, 8), (AuditKind::Read, 1), (AuditKind::Change, 9)]);
        let ends: Vec<_> = moved.iter().map(|(before, end)| (*before, end.chain.kind, end.number)).collect();
        assert_eq!(ends, [(0, AuditKind::Read, 1), (7, AuditKind::Change, 9)]);
        let (_, none) = OpenChains::new(chain().node, chain().day, vec![stored]).append(&[]);
        assert_eq!(none, []);
    }
}
