//! What a store holds about appointments, read row by row by its own SQL.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rusqlite::{Row, types::ValueRef};

use crate::{installation::Installation, postgres::psql, rows::one_moment};

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
    /// The request's id.
    pub request: String,
    /// On whose behalf, where that is known: the person's guid.
    pub person: Option<String>,
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
    /// Holds, each as `id of person: state until …`.
    pub holds: BTreeSet<String>,
    /// Claims, each as `kind: key → entry`.
    pub claims: BTreeSet<String>,
    /// Places of a slot, by facility's and slot's guids glued.
    pub places: HashMap<String, i64>,
}

impl Ledger {
    /// Reads the store of an installation, whichever it is.
    ///
    /// # Panics
    ///
    /// When it cannot be read, with the reason; so with what is below.
    #[must_use]
    pub fn of(installation: &Installation) -> Self {
        let url = installation.store_url();
        match url.strip_prefix("sqlite:") {
            Some(path) => Self::read(Path::new(path)),
            None => Self::read_postgres(&url),
        }
    }

    /// Reads a store's file, also while a server has it open: one transaction, so one moment.
    #[must_use]
    pub fn read(store: &Path) -> Self {
        let connection = one_moment(store);
        Self::from_rows(QUERIES.iter().flat_map(|(name, sql)| {
            let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            let rows = statement.query_map([], |row| Ok(Cells { of: name, cells: cells(row)? }));
            rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).unwrap_or_else(|error| panic!("{sql}: {error}"))
        }))
    }

    /// The same of a database, which has the same tables.
    #[must_use]
    pub fn read_postgres(url: &str) -> Self {
        let queries = QUERIES.iter().map(|(name, sql)| format!("SELECT '{name}', q.* FROM ({sql}) AS q;\n"));
        let script = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n".to_owned() + &queries.collect::<String>();
        let text = psql(url, &script).unwrap_or_else(|why| panic!("the database cannot be read: {why}"));
        Self::from_rows(text.lines().map(|line| {
            let mut cells = line.split('|');
            Cells { of: cells.next().unwrap_or_default(), cells: cells.map(ToOwned::to_owned).collect() }
        }))
    }

    /// Facilities stand first.
    fn from_rows<'q>(rows: impl Iterator<Item = Cells<'q>>) -> Self {
        let mut zones = HashMap::new();
        let mut ledger = Self::default();
        for row in rows {
            match row.of {
                "facility" => {
                    let zone = TimeZone::get(row.text(1)).expect("a zone of the region file is known");
                    zones.insert(row.text(0).to_owned(), zone);
                }
                "entry" => ledger.entries.push(row.entry(&zones)),
                "message" => {
                    let (version, kind) = (row.number(2), row.text(3).to_owned());
                    ledger.messages.push(Message { entry: row.glued(0), version, kind });
                }
                "record" => ledger.records.push(Record {
                    request: row.text(0).to_owned(),
                    person: row.optional(1),
                    action: row.text(2).to_owned(),
                    object: row.optional(3),
                    outcome: row.text(4).to_owned(),
                }),
                "hold" => {
                    let [person, until, state] = [2, 3, 4].map(|column| row.text(column));
                    ledger.holds.insert(format!("{} of {person}: {state} until {until}", row.glued(0)));
                }
                "slot" => drop(ledger.places.insert(row.glued(0), row.number(2))),
                _ => drop(ledger.claims.insert(row.claim())),
            }
        }
        ledger.entries.sort_by(|one, other| one.id.cmp(&other.id));
        ledger
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

/// What is read, by what it is about. The claims of holds and the messages of offers, which name holds, are no entries'.
const QUERIES: &[(&str, &str)] = &[
    ("facility", "SELECT facility, zone FROM facility"),
    (
        "entry",
        "SELECT facility, entry, person, referral_facility, referral, resource, slot, place, specialty, start, minutes, \
         ticket, state FROM entry",
    ),
    ("message", "SELECT facility, entry, version, kind FROM outbox WHERE kind <> 'offered'"),
    ("record", "SELECT request, person, action, object, outcome FROM audit"),
    ("hold", "SELECT facility, hold, person, expires, state FROM hold"),
    ("slot", "SELECT facility, slot, places FROM slot"),
    ("referral", "SELECT facility, referral, entry_facility, entry FROM claim_referral"),
    ("specialty", "SELECT person, specialty, facility, entry FROM claim_specialty"),
    ("place", "SELECT slot, place, facility, entry FROM claim_place WHERE expires IS NULL"),
    ("time", "SELECT person, start, facility, entry FROM claim_time"),
];

/// A row as texts: a guid in its usual form, nothing where there is NULL.
struct Cells<'q> {
    of: &'q str,
    cells: Vec<String>,
}

impl Cells<'_> {
    fn text(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_else(|| panic!("{} has too few columns: {:?}", self.of, self.cells))
    }

    fn optional(&self, column: usize) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    }

    fn number(&self, column: usize) -> i64 {
        self.text(column).parse().unwrap_or_else(|_| panic!("{}: no number: {:?}", self.of, self.cells))
    }

    /// Two columns side by side, as a composite id.
    fn glued(&self, column: usize) -> String {
        format!("{}{}", self.text(column), self.text(column + 1))
    }

    fn claim(&self) -> String {
        let entry = self.glued(2);
        match self.of {
            "referral" => format!("referral: {} → {entry}", self.glued(0)),
            kind => format!("{kind}: {} {} → {entry}", self.text(0), self.text(1)),
        }
    }

    fn entry(&self, zones: &HashMap<String, TimeZone>) -> EntryRow {
        let start = self.number(9);
        let instant = Timestamp::new(start, 0).expect("a start is within the calendar");
        let facility = self.text(0).to_owned();
        EntryRow {
            id: self.glued(0),
            person: self.text(2).to_owned(),
            referral: self.optional(4).map(|_| self.glued(3)),
            resource: self.text(5).to_owned(),
            slot: self.text(6).to_owned(),
            place: self.number(7),
            specialty: self.text(8).to_owned(),
            start,
            local_start: zones.get(&facility).expect("an entry's facility is known").to_datetime(instant),
            minutes: self.number(10),
            ticket: self.text(11).to_owned(),
            state: self.text(12).to_owned(),
            facility,
        }
    }
}

fn cells(row: &Row<'_>) -> rusqlite::Result<Vec<String>> {
    let columns = 0..row.as_ref().column_count();
    columns
        .map(|column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Blob(bytes) => guid(bytes),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Null => String::new(),
            })
        })
        .collect()
}

fn guid(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex.len(), 32, "a guid has sixteen bytes");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
