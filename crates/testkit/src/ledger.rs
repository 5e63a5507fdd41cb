//! What a store holds about appointments, read row by row by its own SQL.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rusqlite::{Connection, Row};

use crate::rows::open;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// The facility's guid.
    pub facility: String,
    /// The two guids glued, as in `Entry_id`.
    pub id: String,
    /// The person's guid.
    pub person: String,
    /// The composite id of the referral, if any.
    pub referral: Option<String>,
    /// The resource's guid.
    pub resource: String,
    /// The slot's guid.
    pub slot: String,
    /// Which place of the slot.
    pub place: i64,
    /// Specialty code.
    pub specialty: String,
    /// Start, seconds since 1970 UTC.
    pub start: i64,
    /// Start, local to the facility.
    pub local_start: DateTime,
    /// Minutes.
    pub minutes: i64,
    /// Ticket.
    pub ticket: String,
    /// State, in the words of the region file.
    pub state: String,
}

impl EntryRow {
    /// Whether it takes up its place.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state == "booked"
    }

    /// Whether it uses up its referral.
    #[must_use]
    pub fn uses_referral(&self) -> bool {
        self.state == "booked" || self.state == "fulfilled"
    }
}

/// A message owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The entry, as in `Entry_id`.
    pub entry: String,
    /// The entry's version.
    pub version: i64,
    /// `booked` or `cancelled`.
    pub kind: String,
}

/// An audit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What was attempted.
    pub action: String,
    /// On which object: a composite id as the request gave it.
    pub object: Option<String>,
    /// How it ended.
    pub outcome: String,
}

/// One moment of a store.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Every entry, in any state.
    pub entries: Vec<EntryRow>,
    /// Messages not yet sent.
    pub messages: Vec<Message>,
    /// The audit.
    pub records: Vec<Record>,
    /// Claims, each as `kind: key → entry`.
    pub claims: BTreeSet<String>,
    /// Places of a slot, by facility's and slot's guids glued.
    pub places: HashMap<String, i64>,
}

impl Ledger {
    /// Reads a store's file, also while a server has it open: one transaction, so one moment.
    #[must_use]
    pub fn read(store: &Path) -> Self {
        let connection = open(store);
        connection.execute_batch("BEGIN").expect("a read transaction can begin");
        let zones: HashMap<String, TimeZone> = query(&connection, "SELECT facility, zone FROM facility", |row| {
            let name: String = row.get(1)?;
            Ok((guid(row, 0)?, TimeZone::get(&name).expect("a zone of the region file is known")))
        })
        .into_iter()
        .collect();
        let claims = [
            ("referral", "SELECT 'referral', facility, referral, entry_facility, entry FROM claim_referral"),
            ("specialty", "SELECT 'specialty', person, specialty, facility, entry FROM claim_specialty"),
            ("place", "SELECT 'place', slot, place, facility, entry FROM claim_place"),
            ("time", "SELECT 'time', person, start, facility, entry FROM claim_time"),
        ];
        Self {
            entries: query(&connection, ENTRIES, |row| entry(row, &zones)),
            messages: query(&connection, "SELECT facility, entry, version, kind FROM outbox", |row| {
                Ok(Message { entry: glued(row, 0)?, version: row.get(2)?, kind: row.get(3)? })
            }),
            records: query(&connection, "SELECT action, object, outcome FROM audit", |row| {
                Ok(Record { action: row.get(0)?, object: row.get(1)?, outcome: row.get(2)? })
            }),
            claims: claims.iter().flat_map(|(_, sql)| query(&connection, sql, claim)).collect(),
            places: query(&connection, "SELECT facility, slot, places FROM slot", |row| {
                Ok((glued(row, 0)?, row.get(2)?))
            })
            .into_iter()
            .collect(),
        }
    }

    /// The entry with this `Entry_id`.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&EntryRow> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// How many entries are live.
    #[must_use]
    pub fn live(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_live()).count()
    }
}

/// The claims that an entry must hold in its state, in the words of [`Ledger::claims`].
pub(crate) fn claims_of(entry: &EntryRow) -> Vec<String> {
    let mut claims = Vec::new();
    if entry.uses_referral() {
        claims.extend(entry.referral.iter().map(|referral| format!("referral: {referral} → {}", entry.id)));
    }
    if entry.is_live() {
        claims.push(format!("specialty: {} {} → {}", entry.person, entry.specialty, entry.id));
        claims.push(format!("place: {} {} → {}", entry.slot, entry.place, entry.id));
        claims.push(format!("time: {} {} → {}", entry.person, entry.start, entry.id));
    }
    claims
}

const ENTRIES: &str = "SELECT facility, entry, person, referral_facility, referral, resource, slot, place, specialty, \
                       start, minutes, ticket, state FROM entry ORDER BY facility, entry";

fn entry(row: &Row<'_>, zones: &HashMap<String, TimeZone>) -> rusqlite::Result<EntryRow> {
    let facility = guid(row, 0)?;
    let start: i64 = row.get(9)?;
    let instant = Timestamp::new(start, 0).expect("a start is within the calendar");
    let has_referral = row.get::<_, Option<Vec<u8>>>(4)?.is_some();
    Ok(EntryRow {
        id: glued(row, 0)?,
        person: guid(row, 2)?,
        referral: if has_referral { Some(glued(row, 3)?) } else { None },
        resource: guid(row, 5)?,
        slot: guid(row, 6)?,
        place: row.get(7)?,
        specialty: row.get(8)?,
        start,
        local_start: zones.get(&facility).expect("an entry's facility is known").to_datetime(instant),
        minutes: row.get(10)?,
        ticket: row.get(11)?,
        state: row.get(12)?,
        facility,
    })
}

fn claim(row: &Row<'_>) -> rusqlite::Result<String> {
    let kind: String = row.get(0)?;
    let entry = glued(row, 3)?;
    Ok(match kind.as_str() {
        "referral" => format!("referral: {} → {entry}", glued(row, 1)?),
        "specialty" => format!("specialty: {} {} → {entry}", guid(row, 1)?, row.get::<_, String>(2)?),
        _ => format!("{kind}: {} {} → {entry}", guid(row, 1)?, row.get::<_, i64>(2)?),
    })
}

fn query<T>(connection: &Connection, sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let rows = statement.query_map([], read).and_then(Iterator::collect);
    rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Two columns side by side, as a composite id.
fn glued(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(guid(row, column)? + &guid(row, column + 1)?)
}

fn guid(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let bytes: Vec<u8> = row.get(column)?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex.len(), 32, "a guid has sixteen bytes");
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}
