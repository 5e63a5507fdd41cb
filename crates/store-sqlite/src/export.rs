//! Records in pages, in the order of their keys.

use rusqlite::{Connection, Row, ToSql, types::Value};
use talon_domain::{
    entry::TicketCounter,
    ids::{EntryId, EntryKey, FacilityId},
    message::{Message, MessageKind},
};
use talon_store::{ExportPage, Kind, Record, StoreError};

use crate::{
    audit,
    columns::{code, day, guid, micros},
    entry::{self, entry_columns},
    facts::{self, card_columns, referral_columns},
    failure::Result,
    history::{self, cancellation_columns, version_columns},
    people,
    reference::{self, functions},
    slots::{self, slot_columns},
    template,
    waiting::{self, waiting_columns},
};

/// Records in a page.
const PAGE: usize = 1_000;

/// A kind's rows: the columns to read, the table, and its primary key.
struct Source {
    columns: String,
    from: &'static str,
    key: &'static [&'static str],
}

/// A page of one kind, from where the page before ended.
pub(crate) fn page(connection: &Connection, kind: Kind, after: Option<&[u8]>) -> Result<ExportPage> {
    let source = source(kind);
    let key = source.key.join(", ");
    let from_cursor = match after {
        None => String::new(),
        Some(_) => {
            let places: Vec<String> = (1..=source.key.len()).map(|place| format!("?{place}")).collect();
            format!("WHERE ({key}) > ({})", places.join(", "))
        }
    };
    // Assembled from the constants of `source` alone; what comes from outside is bound.
    let sql =
        format!("SELECT {}, {key} FROM {} {from_cursor} ORDER BY {key} LIMIT {PAGE}", source.columns, source.from);
    let bound = after.map(cursor::read).transpose()?.unwrap_or_default();
    let bound: Vec<&dyn ToSql> = bound.iter().map(|value| value as &dyn ToSql).collect();
    let mut select = connection.prepare_cached(&sql)?;
    let columns = select.column_count();
    let mut rows = select.query(&bound[..])?;
    let (mut records, mut last, mut count) = (Vec::new(), None, 0);
    while let Some(row) = rows.next()? {
        read(connection, kind, row, &mut records)?;
        last = Some(
            (columns - source.key.len()..columns)
                .map(|column| row.get(column))
                .collect::<rusqlite::Result<Vec<Value>>>()?,
        );
        count += 1;
    }
    let next = last.filter(|_| count == PAGE).map(|key| cursor::write(&key)).transpose()?;
    Ok(ExportPage { records, next })
}

fn source(kind: Kind) -> Source {
    let (columns, from, key): (&str, _, &'static [&'static str]) = match kind {
        Kind::Specialty => ("code, name, letter", "specialty", &["code"]),
        Kind::Facility => {
            ("facility, mkod, name, serves, zone, schedule_days, address, phone", "facility", &["facility"])
        }
        Kind::Resource => {
            ("facility, resource, kind, name, specialty, room, min_age, max_age", "resource", &["facility", "resource"])
        }
        Kind::Client => ("client, name, channel, schedule_days", "client", &["client"]),
        Kind::Person => (
            "person, family, given, patronymic, birth_date, sex, snils, policy_series, policy_number",
            "person",
            &["person"],
        ),
        Kind::Card => (card_columns!(), "card c", &["person", "facility"]),
        Kind::Referral => (referral_columns!(), "referral", &["facility", "referral"]),
        Kind::Template => (template::COLUMNS, "template", &["facility", "template"]),
        Kind::Slot => (slot_columns!(), "slot", &["facility", "resource", "start"]),
        Kind::Entry => (entry_columns!(), "entry e", &["facility", "entry"]),
        Kind::EntryVersion => (version_columns!(), "entry_version", &["facility", "entry", "version"]),
        Kind::Cancellation => (cancellation_columns!(), "cancellation", &["facility", "entry"]),
        Kind::Waiting => (waiting_columns!(), "waiting", &["facility", "waiting"]),
        Kind::Counter => ("facility, day, last", "ticket_counter", &["facility", "day"]),
        Kind::Message => {
            ("facility, entry, version, kind, created", "outbox", &["facility", "entry", "version", "kind"])
        }
        Kind::Audit => (audit::COLUMNS, "audit a", &["audit"]),
        Kind::Seal => (audit::SEAL_COLUMNS, "audit_seal s", &["audit"]),
    };
    Source { columns: columns.to_owned(), from, key }
}

fn read(connection: &Connection, kind: Kind, row: &Row<'_>, records: &mut Vec<Record>) -> Result<()> {
    records.push(match kind {
        Kind::Specialty => Record::Specialty(reference::specialty(row)?),
        Kind::Facility => Record::Facility(reference::facility(row)?),
        Kind::Resource => Record::Resource(reference::resource(row)?),
        Kind::Client => {
            let mut client = reference::client(row)?;
            client.functions = functions(connection, client.id)?;
            let secret = people::client_secret(connection, client.id)?;
            records.push(Record::Client(client));
            records.extend(secret.map(Record::ClientSecret));
            return Ok(());
        }
        Kind::Person => Record::Person(facts::read_person(row, 0)?),
        Kind::Card => Record::Card(facts::read_card(row, 0)?),
        Kind::Referral => Record::Referral(facts::read_referral(row)?),
        Kind::Template => Record::Template(template::read(row)?),
        Kind::Slot => Record::Slot(slots::read(row)?),
        Kind::Entry => Record::Entry(entry::verified(entry::read(row)?)?),
        Kind::EntryVersion => Record::EntryVersion(history::read_version(row)?),
        Kind::Cancellation => Record::Cancellation(history::read_cancellation(row)?),
        Kind::Waiting => Record::Waiting(waiting::read(row)?),
        Kind::Counter => Record::Counter(TicketCounter {
            facility: guid!(row, 0, FacilityId)?,
            day: day(row, 1)?,
            last: row.get(2)?,
        }),
        Kind::Message => Record::Message(Message {
            entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
            version: row.get(2)?,
            kind: code(row, 3, MessageKind::from_code)?,
            created: micros(row, 4)?,
        }),
        Kind::Audit => Record::Audit(audit::read(row)?),
        Kind::Seal => Record::Seal(audit::read_seal(row, 0)?),
    });
    Ok(())
}

/// A cursor: the key of the last row, as JSON of its values.
mod cursor {
    use super::{Result, StoreError, Value};

    #[derive(serde::Serialize, serde::Deserialize)]
    enum Part {
        Integer(i64),
        Text(String),
        Blob(Vec<u8>),
    }

    pub(super) fn write(key: &[Value]) -> Result<Vec<u8>> {
        let parts = key.iter().map(|value| match value {
            Value::Integer(number) => Ok(Part::Integer(*number)),
            Value::Text(text) => Ok(Part::Text(text.clone())),
            Value::Blob(bytes) => Ok(Part::Blob(bytes.clone())),
            Value::Null | Value::Real(_) => Err(StoreError::Damaged("a key that is no key".to_owned())),
        });
        let parts = parts.collect::<std::result::Result<Vec<_>, _>>()?;
        serde_json::to_vec(&parts).map_err(|error| StoreError::Bug(error.to_string()).into())
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Vec<Value>> {
        let parts: Vec<Part> =
            serde_json::from_slice(bytes).map_err(|error| StoreError::Bug(format!("not a cursor: {error}")))?;
        Ok(parts
            .into_iter()
            .map(|part| match part {
                Part::Integer(number) => Value::Integer(number),
                Part::Text(text) => Value::Text(text),
                Part::Blob(bytes) => Value::Blob(bytes),
            })
            .collect())
    }
}
