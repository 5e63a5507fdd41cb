//! Slots. There are millions of them, so they are staged small, sorted once by one number, and
//! never held.

use jiff::Timestamp;
use rusqlite::{Row, functions::FunctionFlags};
use talon_domain::{
    access::Rights,
    ids::{ResourceKey, SlotId, SlotKey, TemplateId},
    slot::{Ages, Release, Slot},
    zone::Zone,
};
use talon_store::{Kind, Record};

use super::{
    Result,
    check::Check,
    ledger::Seq,
    pages::{DAMAGED, Page, Turn},
    staging::{blob_at, packed, seq_at, unpacked},
};
use crate::{LineFault, Moment, SlotLine};

/// How many resources one input may have slots of: their ranks take 24 of the 63 bits that slots
/// are sorted by, the start's second the others.
pub(super) const RESOURCES: u32 = 1 << 24;

const SECOND_BITS: u32 = 39;

/// Makes the seconds of every instant from the year 0 on positive.
const SHIFT: i64 = 62_168_000_000;

/// What slots are sorted by: resource, then start.
fn order(rank: i64, start: Timestamp) -> i64 {
    rank << SECOND_BITS | (start.as_second() + SHIFT)
}

fn start_of(order: i64) -> Option<Timestamp> {
    Timestamp::from_second((order & ((1 << SECOND_BITS) - 1)) - SHIFT).ok()
}

/// A cell seen: the last good one of its resource.
#[derive(Clone, Copy)]
struct Seen {
    seq: Seq,
    resource: u32,
    end: i64,
}

impl Check<'_> {
    pub(super) async fn slots(&mut self) -> Result<()> {
        let connection = self.connection;
        self.register_order()?;
        let sorted = "SELECT seq, slot_order(resource, at) AS place, resource, guid, rest FROM slot ORDER BY place";
        let mut statement = connection.prepare(sorted)?;
        let mut rows = statement.query([])?;
        let mut page = Page::of(Kind::Slot, Turn::Rest);
        let mut last: Option<Seen> = None;
        while let Some(row) = rows.next()? {
            let seq = seq_at(row, 0)?;
            if self.ledger.is_replaced(seq) {
                continue;
            }
            let number: u32 = row.get(2)?;
            let key = self.staged.resource_at(row, 2)?;
            let Some(order) = row.get::<_, Option<i64>>(1)? else {
                self.explain(seq, key);
                continue;
            };
            let zone = self.known().zone(key.facility).ok_or(DAMAGED)?;
            if release_of(blob_at(row, 4)?).is_some_and(|(at, _)| at.instant(zone).is_none()) {
                self.ledger.fault(seq, skipped("release.at"));
                continue;
            }
            let slot = read(row, key, start_of(order).ok_or(DAMAGED)?, zone)?;
            let begin = slot.start.as_second();
            let seen = Seen { seq, resource: number, end: begin + 60 * i64::from(slot.minutes) };
            last = match last.filter(|last| last.resource == number && begin < last.end) {
                Some(before) => Some(self.overlap(before, seen)),
                None => Some(seen),
            };
            if !self.ledger.is_out(seq) {
                page.add(seq, &pack(&slot).ok_or(DAMAGED)?, [Record::Slot(slot)]);
            }
            if page.is_full() {
                self.finish(&mut page).await?;
            }
        }
        self.finish(&mut page).await
    }

    /// Gives SQL the function that slots are sorted by; null for a slot that has no place in the
    /// order, because its resource is not known or the clocks skip its start.
    fn register_order(&self) -> Result<()> {
        let mut by_key: Vec<usize> = (0..self.staged.resources.len()).collect();
        by_key.sort_unstable_by_key(|number| self.staged.resources[*number]);
        let mut ranks: Vec<Option<(i64, Zone)>> = vec![None; by_key.len()];
        for (rank, number) in by_key.into_iter().enumerate() {
            let (known, key) = (self.known(), self.staged.resources[number]);
            let zone = known.zone(key.facility).filter(|_| known.resource(key).is_some());
            ranks[number] = zone.map(|zone| (rank as i64, zone.clone()));
        }
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        self.connection.create_scalar_function("slot_order", 2, flags, move |context| {
            let (number, at) = (context.get::<u32>(0)?, context.get::<i64>(1)?);
            let Some((rank, zone)) = ranks.get(number as usize).and_then(Option::as_ref) else { return Ok(None) };
            let start = unpacked(at).and_then(|moment| moment.instant(zone));
            Ok(start.map(|start| order(*rank, start)))
        })?;
        Ok(())
    }

    fn explain(&mut self, seq: Seq, key: ResourceKey) {
        let mut faults = self.known().missing_resource(key);
        if faults.is_empty() {
            faults.push(skipped("start"));
        }
        faults.into_iter().for_each(|fault| self.ledger.fault(seq, fault));
    }

    /// Of two cells that overlap the later line is faulty. Gives the one that stays.
    fn overlap(&mut self, one: Seen, other: Seen) -> Seen {
        let (stays, goes) = if one.seq < other.seq { (one, other) } else { (other, one) };
        let what = format!("overlaps the cell of {}, which is of the same resource", self.ledger.place(stays.seq));
        self.ledger.fault(goes.seq, LineFault::new("start", what));
        stays
    }
}

/// The fault of a local time that does not exist.
pub(super) fn skipped(key: &str) -> LineFault {
    LineFault::new(key, "the clocks of the facility's zone skip this time")
}

fn read(row: &Row<'_>, resource: ResourceKey, start: Timestamp, zone: &Zone) -> Result<Slot> {
    let slot = SlotId::from_bytes(row.get(3)?);
    let rest = blob_at(row, 4)?;
    unpack_rest(SlotKey { facility: resource.facility, slot }, resource, start, rest, Some(zone)).ok_or(DAMAGED)
}

/// What a slot has beside its key and start, in a few bytes: some that are always there, the last of them flags, then its release,
/// if it has one, then the template, if it has one. `None` where the release is at no instant.
pub(super) fn pack_rest(slot: &SlotLine) -> Option<Vec<u8>> {
    let mut rest = Vec::with_capacity(REST + RELEASE + 16);
    rest.extend_from_slice(&slot.minutes.to_le_bytes());
    rest.extend_from_slice(&slot.places.to_le_bytes());
    rest.extend_from_slice(&[slot.rights.bits(), age(slot.ages.min), age(slot.ages.max)]);
    rest.push(if slot.release.is_some() { RELEASED } else { 0 } | if slot.absent { ABSENT } else { 0 });
    if let Some((at, rights)) = slot.release {
        rest.extend_from_slice(&packed(at)?.to_le_bytes());
        rest.push(rights.bits());
    }
    rest.extend(slot.template.iter().flat_map(|template| template.bytes()));
    Some(rest)
}

const REST: usize = 8;

const RELEASE: usize = 9;

/// It has a release.
const RELEASED: u8 = 1;

/// Nobody receives in it.
const ABSENT: u8 = 2;

/// No age is this high.
const NO_AGE: u8 = u8::MAX;

fn age(age: Option<u8>) -> u8 {
    age.unwrap_or(NO_AGE)
}

/// What [`pack_rest`] packed, at an instant, and in a zone if its release is local. A release that the clocks skip is a fault of its line, which
/// whoever reads the line tells.
pub(super) fn unpack_rest(
    key: SlotKey,
    resource: ResourceKey,
    start: Timestamp,
    rest: &[u8],
    zone: Option<&Zone>,
) -> Option<Slot> {
    let (fixed, template) = rest.split_first_chunk::<REST>()?;
    let (release, template) = match release_of(rest) {
        None => (None, template),
        Some((at, rights)) => (Some(Release { at: at.nearest_instant(zone)?, rights }), template.get(RELEASE..)?),
    };
    let age = |byte: u8| Some(byte).filter(|byte| *byte != NO_AGE);
    let template = match template {
        [] => None,
        bytes => Some(TemplateId::from_bytes(bytes.try_into().ok()?)),
    };
    Some(Slot {
        key,
        resource: resource.resource,
        start,
        minutes: u16::from_le_bytes([fixed[0], fixed[1]]),
        places: u16::from_le_bytes([fixed[2], fixed[3]]),
        rights: Rights::from_bits(fixed[4]),
        release,
        ages: Ages { min: age(fixed[5]), max: age(fixed[6]) },
        template,
        absent: fixed[7] & ABSENT != 0,
    })
}

/// The release of what [`pack_rest`] packed.
fn release_of(rest: &[u8]) -> Option<(Moment, Rights)> {
    let (fixed, rest) = rest.split_first_chunk::<REST>()?;
    let (at, rest) = rest.split_first_chunk().filter(|_| fixed[7] & RELEASED != 0)?;
    Some((unpacked(i64::from_le_bytes(*at))?, Rights::from_bits(*rest.first()?)))
}

/// The places of what [`pack_rest`] packed.
pub(super) fn places(rest: &[u8]) -> Option<u16> {
    let (fixed, _) = rest.split_first_chunk::<REST>()?;
    Some(u16::from_le_bytes([fixed[2], fixed[3]]))
}

/// A whole slot for a page; `None` where it begins or is released at no instant that can be packed.
fn pack(slot: &Slot) -> Option<Vec<u8>> {
    let line = SlotLine {
        key: slot.key,
        resource: slot.resource,
        start: Moment::Exact(slot.start),
        minutes: slot.minutes,
        places: slot.places,
        rights: slot.rights,
        release: slot.release.map(|release| (Moment::Exact(release.at), release.rights)),
        ages: slot.ages,
        template: slot.template,
        absent: slot.absent,
    };
    let mut bytes = Vec::with_capacity(56 + REST + RELEASE + 16);
    bytes.extend_from_slice(slot.key.facility.bytes());
    bytes.extend_from_slice(slot.key.slot.bytes());
    bytes.extend_from_slice(slot.resource.bytes());
    bytes.extend_from_slice(&slot.start.as_second().to_le_bytes());
    bytes.extend_from_slice(&pack_rest(&line)?);
    Some(bytes)
}

/// What [`pack`] packed.
pub(super) fn unpack(bytes: &[u8]) -> Option<Slot> {
    use talon_domain::ids::{FacilityId, ResourceId};
    let (facility, bytes) = bytes.split_first_chunk()?;
    let (slot, bytes) = bytes.split_first_chunk()?;
    let (resource, bytes) = bytes.split_first_chunk()?;
    let (start, rest) = bytes.split_first_chunk()?;
    let facility = FacilityId::from_bytes(*facility);
    let key = SlotKey { facility, slot: SlotId::from_bytes(*slot) };
    let resource = ResourceKey { facility, resource: ResourceId::from_bytes(*resource) };
    unpack_rest(key, resource, Timestamp::from_second(i64::from_le_bytes(*start)).ok()?, rest, None)
}
