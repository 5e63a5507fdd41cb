//! Records in pages, in the order of their keys.

use std::collections::HashMap;

use talon_domain::{
    entry::TicketCounter,
    ids::{ClientId, EntryId, EntryKey, FacilityId},
    message::{Message, MessageKind},
};
use talon_store::{ClientSecret, ExportPage, Kind, Record};
use tokio_postgres::Row;

use crate::{
    audit::{self, audit_columns, seal_columns},
    columns::{code, counter, day, get, guid, guids, micros},
    entry::{self, entry_columns},
    facts::{self, referral_columns},
    failure::Result,
    history::{self, cancellation_columns, version_columns},
    people::{self, card_columns, person_columns},
    reference,
    slots::{self, slot_columns},
    template::{self, template_columns},
    transaction::Tx,
    waiting::{self, waiting_columns},
};

/// Records in a page: the LIMIT below.
const PAGE: usize = 1_000;

/// How to read a kind.
struct Source {
    /// Its first page.
    first: &'static str,
    /// A page after the key that the page before ended with.
    next: &'static str,
    /// How many columns the key has. They stand last.
    key: usize,
}

macro_rules! source {
    ($columns:expr, $from:literal, $key:literal > $places:literal, $count:literal) => {
        Source {
            first: concat!("SELECT ", $columns, ", ", $key, " FROM ", $from, " ORDER BY ", $key, " LIMIT 1000"),
            next: concat!(
                "SELECT ",
                $columns,
                ", ",
                $key,
                " FROM ",
                $from,
                " WHERE (",
                $key,
                ") > (",
                $places,
                ") ORDER BY ",
                $key,
                " LIMIT 1000"
            ),
            key: $count,
        }
    };
}

/// A page of one kind, from where the page before ended.
pub(crate) async fn page(tx: &Tx, kind: Kind, after: Option<&[u8]>) -> Result<ExportPage> {
    let source = source(kind);
    let rows = match after {
        None => tx.query(source.first, &[]).await?,
        Some(after) => {
            let key = cursor::read(after)?;
            let key: Vec<_> = key.iter().map(cursor::Part::value).collect();
            tx.query(source.next, &key).await?
        }
    };
    let records = match kind {
        Kind::Client => clients(tx, &rows).await?,
        kind => rows.iter().map(|row| read(tx, kind, row)).collect::<Result<_>>()?,
    };
    let last = rows.last().filter(|_| rows.len() == PAGE);
    Ok(ExportPage { records, next: last.map(|row| cursor::write(row, source.key)).transpose()? })
}

fn source(kind: Kind) -> Source {
    match kind {
        Kind::Specialty => source!("code, name, letter", "specialty", "code" > "$1", 1),
        Kind::Facility => source!(
            "facility, mkod, name, serves, zone, schedule_days, address, phone",
            "facility",
            "facility" > "$1",
            1
        ),
        Kind::Resource => source!(
            "facility, resource, kind, name, specialty, room, min_age, max_age",
            "resource",
            "facility, resource" > "$1, $2",
            2
        ),
        Kind::Client => source!("client, name, channel, schedule_days, secret_hash", "client", "client" > "$1", 1),
        Kind::Person => source!(person_columns!(), "person p", "p.person" > "$1", 1),
        Kind::Card => source!(card_columns!(), "card c", "c.facility, c.person" > "$1, $2", 2),
        Kind::Referral => source!(referral_columns!(), "referral r", "r.facility, r.referral" > "$1, $2", 2),
        Kind::Template => source!(template_columns!(), "template t", "t.facility, t.template" > "$1, $2", 2),
        Kind::Slot => source!(slot_columns!(), "slot s", "s.facility, s.resource, s.start" > "$1, $2, $3", 3),
        Kind::Entry => source!(entry_columns!(), "entry e", "e.facility, e.entry" > "$1, $2", 2),
        Kind::EntryVersion => {
            source!(version_columns!(), "entry_version v", "v.facility, v.entry, v.version" > "$1, $2, $3", 3)
        }
        Kind::Cancellation => source!(cancellation_columns!(), "cancellation c", "c.facility, c.entry" > "$1, $2", 2),
        Kind::Waiting => source!(waiting_columns!(), "waiting w", "w.facility, w.waiting" > "$1, $2", 2),
        Kind::Counter => source!("facility, day, last", "ticket_counter", "facility, day" > "$1, $2", 2),
        Kind::Message => source!(
            "facility, entry, version, kind, created",
            "outbox",
            "facility, entry, version, kind" > "$1, $2, $3, $4",
            4
        ),
        Kind::Audit => source!(audit_columns!(), "audit a", "a.request, a.audit" > "$1, $2", 2),
        Kind::Seal => source!(seal_columns!(), "audit_seal s", "s.request, s.audit" > "$1, $2", 2),
    }
}

fn read(tx: &Tx, kind: Kind, row: &Row) -> Result<Record> {
    Ok(match kind {
        Kind::Specialty => Record::Specialty(reference::specialty(row)?),
        Kind::Facility => Record::Facility(reference::facility(row)?),
        Kind::Resource => Record::Resource(reference::resource(row)?),
        Kind::Client => Record::Client(reference::client(row)?),
        Kind::Person => Record::Person(people::read_person(row)?),
        Kind::Card => Record::Card(people::read_card(tx.contacts(), row)?),
        Kind::Referral => Record::Referral(facts::read_referral(row)?),
        Kind::Template => Record::Template(template::read(row)?),
        Kind::Slot => Record::Slot(slots::read(row)?),
        Kind::Entry => Record::Entry(entry::read(row)?),
        Kind::EntryVersion => Record::EntryVersion(history::read_version(row)?),
        Kind::Cancellation => Record::Cancellation(history::read_cancellation(row)?),
        Kind::Waiting => Record::Waiting(waiting::read(tx.contacts(), row)?),
        Kind::Counter => Record::Counter(TicketCounter {
            facility: guid!(row, 0, FacilityId)?,
            day: day(row, 1)?,
            last: counter(row, 2)?,
        }),
        Kind::Message => Record::Message(Message {
            entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
            version: counter(row, 2)?,
            kind: code(row, 3, MessageKind::from_code)?,
            created: micros(row, 4)?,
        }),
        Kind::Audit => Record::Audit(audit::read(row)?),
        Kind::Seal => Record::Seal(audit::read_seal(row, 0)?),
    })
}

/// Client applications with what they may do, each followed by its secret.
async fn clients(tx: &Tx, rows: &[Row]) -> Result<Vec<Record>> {
    let clients: Vec<_> = rows.iter().map(reference::client).collect::<Result<_>>()?;
    let granted = tx
        .query(
            "SELECT client, function, rights FROM client_function WHERE client = ANY($1) ORDER BY client, function",
            params![guids(&clients, |client| client.id.0)],
        )
        .await?;
    let mut functions: HashMap<ClientId, Vec<_>> = HashMap::new();
    for row in &granted {
        let (client, function) = reference::function(row)?;
        functions.entry(client).or_default().push(function);
    }
    let mut records = Vec::new();
    for (mut client, row) in clients.into_iter().zip(rows) {
        client.functions = functions.remove(&client.id).unwrap_or_default();
        let secret = get::<Option<String>>(row, 4)?.map(|hash| ClientSecret { client: client.id, hash });
        records.push(Record::Client(client));
        records.extend(secret.map(Record::ClientSecret));
    }
    Ok(records)
}

/// A cursor: the key of the last row, as JSON of its values.
mod cursor {
    use talon_store::StoreError;
    use tokio_postgres::{
        Row,
        types::{ToSql, Type},
    };
    use uuid::Uuid;

    use crate::{columns::get, failure::Result};

    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) enum Part {
        Guid(Uuid),
        Number(i64),
        Text(String),
    }

    impl Part {
        /// As a parameter of a statement.
        pub(super) fn value(&self) -> &(dyn ToSql + Sync) {
            match self {
                Self::Guid(guid) => guid,
                Self::Number(number) => number,
                Self::Text(text) => text,
            }
        }
    }

    /// The last columns of a row.
    pub(super) fn write(row: &Row, columns: usize) -> Result<Vec<u8>> {
        let first = row.len() - columns;
        let part = |column: usize| {
            Ok(match *row.columns()[column].type_() {
                Type::UUID => Part::Guid(get(row, column)?),
                Type::INT8 => Part::Number(get(row, column)?),
                _ => Part::Text(get(row, column)?),
            })
        };
        let key = (first..row.len()).map(part).collect::<Result<Vec<_>>>()?;
        serde_json::to_vec(&key).map_err(|error| StoreError::Bug(error.to_string()).into())
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Vec<Part>> {
        serde_json::from_slice(bytes).map_err(|error| StoreError::Bug(format!("not a cursor: {error}")).into())
    }
}
