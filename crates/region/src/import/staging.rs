//! The temporary file in which an input is checked: one table for each kind that may be large.
//! Rows are appended and nothing is indexed; order comes from one sorted scan for each purpose.

use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use rusqlite::{Connection, Row, Statement, params};
use talon_domain::ids::{EntryKey, FacilityId, ReferralKey, ResourceKey, SlotKey};
use talon_store::Kind;

use super::{Result, ledger::Seq, pages::DAMAGED, slots};
use crate::{Line, LineFault, Moment, SlotLine};

/// An SQL text with the name of a kind's table in it, put together when this is compiled.
macro_rules! per_kind {
    ($kind:expr, $before:literal, $after:literal) => {
        match $kind {
            Kind::Person => concat!($before, "person", $after),
            Kind::Card => concat!($before, "card", $after),
            Kind::Referral => concat!($before, "referral", $after),
            Kind::Template => concat!($before, "template", $after),
            Kind::Entry => concat!($before, "entry", $after),
            Kind::EntryVersion => concat!($before, "entry_version", $after),
            Kind::Cancellation => concat!($before, "cancellation", $after),
            Kind::Waiting => concat!($before, "waiting", $after),
            Kind::Counter => concat!($before, "counter", $after),
            Kind::Message => concat!($before, "message", $after),
            Kind::Audit => concat!($before, "audit", $after),
            Kind::Seal => concat!($before, "audit_seal", $after),
            // Slots have a table of their own make; the rest stays in memory.
            _ => concat!($before, "slot", $after),
        }
    };
}
pub(super) use per_kind;

/// The kinds of which the lines are staged as they are. Slots are too, but smaller.
pub(super) const TEXT_KINDS: &[Kind] = &[
    Kind::Person,
    Kind::Card,
    Kind::Referral,
    Kind::Template,
    Kind::Entry,
    Kind::EntryVersion,
    Kind::Cancellation,
    Kind::Waiting,
    Kind::Counter,
    Kind::Message,
    Kind::Audit,
    Kind::Seal,
];

pub(super) struct Staging {
    connection: Connection,
}

impl Staging {
    /// Opens the file. The empty name makes SQLite create one without a name, in the directory of
    /// `TMPDIR`: no crash leaves it behind.
    pub(super) fn create() -> Result<Self> {
        let connection = Connection::open("")?;
        connection.set_prepared_statement_cache_capacity(64);
        // The cache bounds what sorting holds in memory, too.
        connection.execute_batch(
            "PRAGMA page_size = 32768; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -49152;
             PRAGMA locking_mode = EXCLUSIVE; PRAGMA threads = 1; BEGIN;
             CREATE TABLE slot (seq INTEGER PRIMARY KEY, resource INTEGER, at INTEGER, guid BLOB, rest BLOB);
             CREATE TABLE page (page INTEGER PRIMARY KEY, kind INTEGER, turn INTEGER, lines INTEGER, body BLOB);
             CREATE TABLE suspect (key BLOB, seq INTEGER);
             CREATE TABLE claim (key BLOB, seq INTEGER, room INTEGER);
             CREATE TABLE blocked (id INTEGER PRIMARY KEY, line INTEGER, kind INTEGER, key TEXT, what TEXT);
             CREATE TABLE tie (blocked INTEGER, line INTEGER, holder INTEGER);
             CREATE INDEX tie_by_fault ON tie (blocked);
             CREATE INDEX tie_by_holder ON tie (holder);
             CREATE TABLE tied (line INTEGER PRIMARY KEY, kind INTEGER, body BLOB, exchange INTEGER, last INTEGER);
             CREATE TABLE wanted_slot (key BLOB PRIMARY KEY) WITHOUT ROWID;
             CREATE TABLE stored_slot (key BLOB PRIMARY KEY, start INTEGER, minutes INTEGER) WITHOUT ROWID;",
        )?;
        for kind in TEXT_KINDS {
            connection.execute_batch(per_kind!(
                kind,
                "CREATE TABLE ",
                " (seq INTEGER PRIMARY KEY, key BLOB, person BLOB, referral BLOB, slot BLOB, entry BLOB, body TEXT);"
            ))?;
        }
        Ok(Self { connection })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn appender(&self) -> Result<Appender<'_>> {
        let mut text = HashMap::new();
        for kind in TEXT_KINDS {
            let insert = per_kind!(
                kind,
                "INSERT INTO ",
                " (seq, key, person, referral, slot, entry, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
            );
            text.insert(*kind, self.connection.prepare(insert)?);
        }
        let slot =
            self.connection.prepare("INSERT INTO slot (seq, resource, at, guid, rest) VALUES (?, ?, ?, ?, ?)")?;
        Ok(Appender { slot, text, staged: Staged::default() })
    }
}

/// What is staged.
#[derive(Default)]
pub(super) struct Staged {
    /// Lines by kind.
    counts: HashMap<Kind, u64>,
    /// The resources that slots are of, by the number that their rows have for them.
    pub(super) resources: Vec<ResourceKey>,
    numbers: HashMap<ResourceKey, u32>,
}

impl Staged {
    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The resource of a slot's row.
    pub(super) fn resource_at(&self, row: &Row<'_>, column: usize) -> Result<ResourceKey> {
        let number: u32 = row.get(column)?;
        self.resources.get(number as usize).copied().ok_or(DAMAGED)
    }

    fn number_of(&mut self, resource: ResourceKey) -> Option<u32> {
        if let Some(number) = self.numbers.get(&resource) {
            return Some(*number);
        }
        let number = u32::try_from(self.resources.len()).ok().filter(|number| *number < slots::RESOURCES)?;
        self.resources.push(resource);
        self.numbers.insert(resource, number);
        Some(number)
    }
}

/// Appends lines.
pub(super) struct Appender<'c> {
    slot: Statement<'c>,
    text: HashMap<Kind, Statement<'c>>,
    staged: Staged,
}

impl Appender<'_> {
    /// Appends a line, unless something is wrong with it after all.
    pub(super) fn append(&mut self, seq: Seq, text: &str, line: &Line) -> Result<Option<LineFault>> {
        let kind = line.kind();
        if let Line::Slot(slot) = line {
            return self.slot(seq, slot);
        }
        let Some(statement) = self.text.get_mut(&kind) else { return Ok(None) };
        let keys = Keys::of(line);
        statement.execute(params![
            seq.cast_signed(),
            keys.key,
            keys.person,
            keys.referral,
            keys.slot,
            keys.entry,
            text
        ])?;
        *self.staged.counts.entry(kind).or_default() += 1;
        Ok(None)
    }

    fn slot(&mut self, seq: Seq, slot: &SlotLine) -> Result<Option<LineFault>> {
        let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
        let Some(number) = self.staged.number_of(resource) else {
            return Ok(Some(LineFault::new("resource", "too many resources in one input")));
        };
        let Some(at) = packed(slot.start) else {
            return Ok(Some(LineFault::new("start", "too far in the future")));
        };
        let Some(rest) = slots::pack_rest(slot) else {
            return Ok(Some(LineFault::new("release.at", "too far in the future")));
        };
        self.slot.execute(params![seq.cast_signed(), number, at, slot.key.slot.bytes(), rest])?;
        *self.staged.counts.entry(Kind::Slot).or_default() += 1;
        Ok(None)
    }

    pub(super) fn finish(self) -> Staged {
        self.staged
    }
}

/// A line's number in a column.
pub(super) fn seq_at(row: &Row<'_>, column: usize) -> Result<Seq> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// The bytes in a column.
pub(super) fn blob_at<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?)
}

/// The text in a column.
pub(super) fn text_at<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

/// What a line is known by and refers to.
#[derive(Default)]
struct Keys {
    key: Vec<u8>,
    person: Option<[u8; 16]>,
    referral: Option<[u8; 32]>,
    slot: Option<[u8; 32]>,
    entry: Option<[u8; 32]>,
}

impl Keys {
    fn of(line: &Line) -> Self {
        let none = Self::default();
        match line {
            Line::Person(person) => Self { key: person.id.bytes().to_vec(), ..none },
            Line::Card(card) => {
                let key = pair(card.facility, card.id.bytes()).to_vec();
                Self { key, person: Some(*card.person.bytes()), ..none }
            }
            Line::Referral(referral) => {
                Self { key: referral_key(referral.key).to_vec(), person: Some(*referral.person.bytes()), ..none }
            }
            Line::Template(template) => {
                Self { key: pair(template.resource.facility, template.id.bytes()).to_vec(), ..none }
            }
            Line::Entry(entry) => Self {
                key: entry_key(entry.key).to_vec(),
                person: Some(*entry.person.bytes()),
                referral: entry.referral.map(referral_key),
                slot: Some(slot_key(SlotKey { facility: entry.key.facility, slot: entry.slot })),
                ..none
            },
            Line::EntryVersion(version) => {
                let entry = entry_key(version.entry);
                Self { key: [entry.as_slice(), &version.version.to_be_bytes()].concat(), entry: Some(entry), ..none }
            }
            Line::Cancellation(cancellation) => {
                let entry = entry_key(cancellation.entry);
                Self { key: entry.to_vec(), entry: Some(entry), ..none }
            }
            Line::Waiting(waiting) => Self {
                key: pair(waiting.key.facility, waiting.key.waiting.bytes()).to_vec(),
                person: Some(*waiting.person.bytes()),
                referral: waiting.referral.map(referral_key),
                ..none
            },
            Line::Counter(counter) => {
                let day = counter.day.to_string();
                Self { key: [counter.facility.bytes().as_slice(), day.as_bytes()].concat(), ..none }
            }
            Line::Message(message) => {
                let entry = entry_key(message.entry);
                let version = message.version.to_be_bytes();
                let key = [entry.as_slice(), &version, message.kind.code().as_bytes()].concat();
                Self { key, entry: Some(entry), ..none }
            }
            Line::Audit(audit) => Self { key: audit.id.bytes().to_vec(), ..none },
            Line::Seal(seal) => Self { key: seal.audit.bytes().to_vec(), ..none },
            Line::Specialty(_) | Line::Facility(_) | Line::Resource(_) | Line::Client(_) | Line::Slot(_) => none,
        }
    }
}

/// A facility's guid and an object's, as one key.
pub(super) fn pair(facility: FacilityId, object: &[u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    let (first, second) = key.split_at_mut(16);
    first.copy_from_slice(facility.bytes());
    second.copy_from_slice(object);
    key
}

pub(super) fn referral_key(key: ReferralKey) -> [u8; 32] {
    pair(key.facility, key.referral.bytes())
}

pub(super) fn slot_key(key: SlotKey) -> [u8; 32] {
    pair(key.facility, key.slot.bytes())
}

pub(super) fn entry_key(key: EntryKey) -> [u8; 32] {
    pair(key.facility, key.entry.bytes())
}

/// A time in one number: seconds since 1970, of the clock on the wall or of UTC, and which of the
/// two. `None` where there is no such instant.
pub(super) fn packed(moment: Moment) -> Option<i64> {
    let (seconds, exact) = match moment {
        Moment::Local(local) => (Offset::UTC.to_timestamp(local).ok()?.as_second(), 0),
        Moment::Exact(instant) => (instant.as_second(), 1),
    };
    Some(seconds << 1 | exact)
}

/// What [`packed`] packed.
pub(super) fn unpacked(number: i64) -> Option<Moment> {
    let instant = Timestamp::from_second(number >> 1).ok()?;
    let local = || -> DateTime { TimeZone::UTC.to_datetime(instant) };
    Some(if number & 1 == 1 { Moment::Exact(instant) } else { Moment::Local(local()) })
}
