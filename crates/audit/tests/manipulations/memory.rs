//! An audit in lists, sealed as a store seals.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, civil::Date};
use talon_audit::{Checkpoint, line_hash};
use talon_domain::{
    access::Channel,
    audit::{Action, AuditRecord},
    ids::{AuditId, ClientId, FacilityId, PersonId, RequestId},
    node::NodeName,
};
use talon_store::{
    AUDIT_PAGE, Behind, Chain, ChainEnd, Link, OpenChains, RecordsQuery, Result, Seal, TrailCounts, TrailSnapshot,
};
use talon_tokens::OwnKey;
use uuid::Uuid;

/// The tables.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) records: Vec<AuditRecord>,
    pub(crate) seals: Vec<Seal>,
    pub(crate) ends: Vec<ChainEnd>,
}

pub(crate) fn node() -> NodeName {
    "zapis-1".parse().unwrap()
}

/// Two days of 24 records each, sealed four at a time and signed each time, and the lines that say so.
pub(crate) fn sealed(own: &OwnKey) -> (Memory, Vec<String>) {
    let mut memory = Memory { records: Vec::new(), seals: Vec::new(), ends: Vec::new() };
    let mut lines: Vec<String> = Vec::new();
    for (day, number) in [(14_i8, 0_u128), (15, 24)] {
        let day = Date::new(2026, 4, day).unwrap();
        for step in 0..6 {
            let records: Vec<_> = (0..4).map(|at| record(day, number + step * 4 + at)).collect();
            for end in memory.seal(day, records) {
                let before = lines.last().map(|line| line_hash(line));
                let at = memory.records.last().unwrap().at + SignedDuration::from_mins(1);
                lines.push(Checkpoint { end, at, closed: None, before }.signed(own).unwrap());
            }
        }
    }
    (memory, lines)
}

pub(crate) fn record(day: Date, number: u128) -> AuditRecord {
    let begins: Timestamp = format!("{day}T08:00:00Z").parse().unwrap();
    let optional = |bit: u128| (number >> bit) & 1 == 0;
    AuditRecord {
        id: AuditId(Uuid::from_u128(1_000 + number)),
        at: begins + SignedDuration::from_millis(i64::try_from(number).unwrap() * 777),
        request: RequestId(Uuid::from_u128(2_000 + number)),
        from: optional(0).then(|| "192.0.2.7".parse().unwrap()),
        node: optional(1).then(node),
        person: optional(2).then(|| PersonId(Uuid::from_u128(3_000 + number))),
        client: optional(3).then(|| ClientId(Uuid::from_u128(4_000 + number))),
        channel: optional(0).then_some(Channel::Internet),
        action: Action::ALL[usize::try_from(number).unwrap() % Action::ALL.len()],
        facility: optional(1).then(|| FacilityId(Uuid::from_u128(5_000 + number))),
        object: optional(2).then(|| format!("object {number}")),
        outcome: "ok".to_owned(),
    }
}

impl Memory {
    /// Seals records, and gives the ends that moved.
    pub(crate) fn seal(&mut self, day: Date, records: Vec<AuditRecord>) -> Vec<ChainEnd> {
        let (seals, moved) = OpenChains::new(node(), day, self.ends.clone()).append(&records);
        self.seals.extend(seals);
        self.records.extend(records);
        let moved: Vec<_> = moved.into_iter().map(|(_, end)| end).collect();
        self.ends.retain(|end| moved.iter().all(|moved| moved.chain != end.chain));
        self.ends.extend(&moved);
        moved
    }
}

#[async_trait]
impl TrailSnapshot for Memory {
    async fn counts(&self) -> Result<TrailCounts> {
        let (records, seals) = (self.records.len() as u64, self.seals.len() as u64);
        Ok(TrailCounts { records, seals, vanished: 0 })
    }

    async fn ends(&self) -> Result<Vec<ChainEnd>> {
        Ok(self.ends.clone())
    }

    async fn links(&self, chain: &Chain, above: u64) -> Result<Vec<Link>> {
        let mut seals: Vec<_> =
            self.seals.iter().filter(|seal| seal.chain == *chain && seal.number > above).cloned().collect();
        seals.sort_by_key(|seal| seal.number);
        seals.truncate(AUDIT_PAGE);
        let behind = |seal: &Seal| {
            let found = self.records.iter().find(|it| (it.request, it.id) == (seal.request, seal.audit));
            found.cloned().map_or(Behind::Nothing, |record| Behind::Record(Box::new(record)))
        };
        Ok(seals.into_iter().map(|seal| Link { behind: behind(&seal), seal }).collect())
    }

    async fn loose(&self, _: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        let sealed = |it: &AuditRecord| self.seals.iter().any(|s| (s.request, s.audit) == (it.request, it.id));
        Ok(self.records.iter().filter(|it| !sealed(it)).cloned().collect())
    }

    async fn records(&self, _: &RecordsQuery, _: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        Ok(self.records.clone())
    }
}
