//! The manipulations. Each changes something; whoever makes them can write the store and the file of checkpoints, and
//! has not the key.

use jiff::SignedDuration;
use talon_audit::Checkpoint;
use talon_domain::{audit::Action, ids::PersonId};
use talon_store::{ChainEnd, ChainHash};
use talon_tokens::OwnKey;
use uuid::Uuid;

use crate::memory::{Memory, record};

/// How many ways there are.
pub(crate) const WAYS: usize = 16;

/// Numbers from a seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    /// Two different ones.
    fn two(&mut self, sides: usize) -> (usize, usize) {
        let first = self.roll(sides);
        (first, (first + 1 + self.roll(sides - 1)) % sides)
    }
}

/// Changes something, and says in which way.
pub(crate) fn with(memory: &mut Memory, lines: &mut Vec<String>, dice: &mut Dice, own: &OwnKey) -> usize {
    let way = dice.roll(WAYS);
    match way {
        0 | 1 => edit(memory, dice),
        2 => drop(memory.records.remove(dice.roll(memory.records.len()))),
        3 => drop(memory.seals.remove(dice.roll(memory.seals.len()))),
        // A record with its seal.
        4 => {
            let record = memory.records.remove(dice.roll(memory.records.len()));
            memory.seals.retain(|seal| seal.audit != record.id);
        }
        5 => exchange_contents(memory, dice),
        6 => {
            let (one, other) = dice.two(memory.seals.len());
            let (a, b) = (memory.seals[one].clone(), memory.seals[other].clone());
            (memory.seals[one].request, memory.seals[one].audit) = (b.request, b.audit);
            (memory.seals[other].request, memory.seals[other].audit) = (a.request, a.audit);
        }
        7 => edit_seal(memory, dice),
        8 => truncate(memory, dice),
        9 => rewrite(memory, dice),
        10 => {
            memory.records.clear();
            memory.seals.clear();
            memory.ends.clear();
        }
        // One record more, beside the chains.
        11 => memory.records.push(record("2026-04-14".parse().unwrap(), 500 + dice.roll(100) as u128)),
        12 => drop(memory.ends.remove(dice.roll(memory.ends.len()))),
        13 => edit_line(lines, dice),
        14 => match dice.roll(3) {
            0 => drop(lines.remove(dice.roll(lines.len()))),
            1 => lines.truncate(dice.roll(lines.len())),
            _ => {
                let (one, other) = dice.two(lines.len());
                lines.swap(one, other);
            }
        },
        _ => forge(memory, lines, dice, own),
    }
    way
}

/// Any column of a record becomes another.
fn edit(memory: &mut Memory, dice: &mut Dice) {
    let at = dice.roll(memory.records.len());
    let (nanos, other) =
        (1_000 * (1 + dice.roll(1_000_000_000) as i64), Uuid::from_u128(9_000 + dice.roll(1_000) as u128));
    let record = &mut memory.records[at];
    match dice.roll(12) {
        0 => record.id.0 = other,
        1 => record.at += SignedDuration::from_nanos(nanos),
        2 => record.request.0 = other,
        3 => record.from = record.from.is_none().then(|| "198.51.100.1".parse().unwrap()),
        4 => record.node = record.node.is_none().then(|| "other".parse().unwrap()),
        5 => record.person = Some(PersonId(other)),
        6 => record.client = record.client.is_none().then_some(talon_domain::ids::ClientId(other)),
        7 => record.channel = record.channel.is_none().then_some(talon_domain::access::Channel::Doctor),
        8 => {
            let before = record.action;
            let others: Vec<_> = Action::ALL.iter().filter(|action| **action != before).collect();
            record.action = *others[dice.roll(others.len())];
        }
        9 => record.facility = record.facility.is_none().then_some(talon_domain::ids::FacilityId(other)),
        10 => record.object = Some(format!("{} ", record.object.clone().unwrap_or_default())),
        _ => record.outcome.push('x'),
    }
}

/// Two records exchange what they say and keep their keys.
fn exchange_contents(memory: &mut Memory, dice: &mut Dice) {
    let (one, other) = dice.two(memory.records.len());
    let (a, b) = (memory.records[one].clone(), memory.records[other].clone());
    memory.records[one] = talon_domain::audit::AuditRecord { id: a.id, request: a.request, ..b.clone() };
    memory.records[other] = talon_domain::audit::AuditRecord { id: b.id, request: b.request, ..a };
}

fn edit_seal(memory: &mut Memory, dice: &mut Dice) {
    let at = dice.roll(memory.seals.len());
    let seal = &mut memory.seals[at];
    match dice.roll(6) {
        0 => seal.hash.0[dice.roll(32)] ^= 1 << dice.roll(8),
        1 => seal.number += 1 + dice.roll(40) as u64,
        2 => seal.chain.day = seal.chain.day.tomorrow().unwrap(),
        3 => seal.chain.node = "other".parse().unwrap(),
        4 => seal.audit.0 = Uuid::from_u128(9_000),
        _ => seal.request.0 = Uuid::from_u128(9_000),
    }
}

/// The last records of a chain go, with their seals, and the stored end says so.
fn truncate(memory: &mut Memory, dice: &mut Dice) {
    let chosen = dice.roll(memory.ends.len());
    let end = memory.ends[chosen];
    let left = dice.roll(end.number as usize) as u64;
    let gone: Vec<_> = memory
        .seals
        .iter()
        .filter(|seal| seal.chain == end.chain && seal.number > left)
        .map(|seal| seal.audit)
        .collect();
    memory.seals.retain(|seal| !gone.contains(&seal.audit));
    memory.records.retain(|record| !gone.contains(&record.id));
    match memory.seals.iter().find(|seal| seal.chain == end.chain && seal.number == left) {
        Some(last) => memory.ends[chosen] = ChainEnd { chain: end.chain, number: left, hash: last.hash },
        None => drop(memory.ends.remove(chosen)),
    }
}

/// All tables are made anew without a record, or with one that says something else: every chain fits together.
fn rewrite(memory: &mut Memory, dice: &mut Dice) {
    let mut records = std::mem::take(&mut memory.records);
    memory.seals.clear();
    memory.ends.clear();
    let at = dice.roll(records.len());
    if dice.roll(2) == 0 {
        drop(records.remove(at));
    } else {
        records[at].outcome = "time-taken".to_owned();
    }
    for record in records {
        let day = jiff::tz::TimeZone::UTC.to_datetime(record.at).date();
        memory.seal(day, vec![record]);
    }
}

fn edit_line(lines: &mut [String], dice: &mut Dice) {
    let at = dice.roll(lines.len());
    let mut bytes = lines[at].clone().into_bytes();
    let byte = dice.roll(bytes.len());
    bytes[byte] = if bytes[byte] == b'0' { b'1' } else { b'0' };
    lines[at] = String::from_utf8(bytes).unwrap();
}

/// A chain is rewritten, and a line of another key says that this is how it was.
fn forge(memory: &mut Memory, lines: &mut Vec<String>, dice: &mut Dice, own: &OwnKey) {
    rewrite(memory, dice);
    let other = OwnKey::generate().unwrap();
    let end = memory.ends[dice.roll(memory.ends.len())];
    let at = "2026-04-16T00:00:00Z".parse().unwrap();
    let line = Checkpoint { end, at, closed: Some(ChainHash([7; 32])), before: None }.signed(&other).unwrap();
    // Under the right key's name, too.
    let (ours, theirs) = (own.public().unwrap(), other.public().unwrap());
    lines.push(if dice.roll(2) == 0 { line } else { line.replace(theirs.kid(), ours.kid()) });
}
