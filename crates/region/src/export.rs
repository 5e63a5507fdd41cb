//! Export: everything that a store has, in the order of [`Kind::ALL`].

use std::{
    collections::HashMap,
    io::{self, Write},
};

use talon_domain::{
    ids::{ClientId, FacilityId},
    message::MessageKind,
    reference::Reference,
    waiting::WaitingState,
    zone::Zone,
};
use talon_store::{ClientSecret, ExportPage, Kind, Record, Store, StoreError};

use crate::{Line, write::append_line};

/// Why an export could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The output does not take what is written.
    #[error("the output cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The store does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes one state of a store, page by page, and gives the number of lines.
pub async fn export(store: &dyn Store, out: &mut dyn Write) -> Result<u64, ExportError> {
    let snapshot = store.snapshot().await?;
    let mut export = Exporter { zones: HashMap::new(), buffer: Vec::new(), lines: 0 };
    for kind in Kind::ALL {
        let mut after = None;
        loop {
            let page = snapshot.page(*kind, after).await?;
            after = page.next.clone();
            let secrets = secrets(store, &page).await?;
            export.page(page, secrets);
            out.write_all(&export.buffer)?;
            export.buffer.clear();
            if after.is_none() {
                break;
            }
        }
    }
    out.flush()?;
    Ok(export.lines)
}

/// Writes records that belong to facilities of `reference`, and gives the number of lines.
///
/// # Errors
///
/// The output does not take them.
pub fn write_records(records: Vec<Record>, reference: &Reference, out: &mut dyn Write) -> io::Result<u64> {
    let zones = reference.facilities().map(|facility| (facility.id, facility.zone.clone())).collect();
    let mut export = Exporter { zones, buffer: Vec::new(), lines: 0 };
    export.page(ExportPage { records, next: None }, HashMap::new());
    out.write_all(&export.buffer)?;
    out.flush()?;
    Ok(export.lines)
}

/// The secrets of the client applications of a page: those that the page has itself, and for the
/// others what the store has now.
async fn secrets(store: &dyn Store, page: &ExportPage) -> Result<HashMap<ClientId, ClientSecret>, StoreError> {
    let mut secrets = HashMap::new();
    for record in &page.records {
        if let Record::ClientSecret(secret) = record {
            secrets.insert(secret.client, secret.clone());
        }
    }
    for record in &page.records {
        let Record::Client(client) = record else { continue };
        if !secrets.contains_key(&client.id)
            && let Some(secret) = store.client_secret(client.id).await?
        {
            secrets.insert(client.id, secret);
        }
    }
    Ok(secrets)
}

struct Exporter {
    /// Of the facilities written so far: they come before what belongs to them.
    zones: HashMap<FacilityId, Zone>,
    buffer: Vec<u8>,
    lines: u64,
}

impl Exporter {
    fn page(&mut self, page: ExportPage, mut secrets: HashMap<ClientId, ClientSecret>) {
        for record in page.records.into_iter().filter_map(travelling) {
            let mut secret = None;
            let zone = match &record {
                Record::Facility(facility) => {
                    self.zones.insert(facility.id, facility.zone.clone());
                    None
                }
                Record::Client(client) => {
                    secret = secrets.remove(&client.id);
                    None
                }
                Record::Slot(slot) => self.zones.get(&slot.key.facility),
                Record::Entry(entry) => self.zones.get(&entry.key.facility),
                _ => None,
            };
            // A secret is part of its client's line and has none of its own.
            if let Some(line) = Line::of(record, zone) {
                append_line(&line.with_secret(secret), &mut self.buffer);
                self.lines += 1;
            }
        }
    }
}

/// A record as it goes out. Holds do not travel, for their time is short; so an offer is none any more, and who had it
/// waits on.
fn travelling(record: Record) -> Option<Record> {
    match record {
        Record::Message(message) if message.kind == MessageKind::Offered => None,
        Record::Waiting(waiting) if waiting.state == WaitingState::Offered => {
            Some(Record::Waiting(waiting.changed_to(WaitingState::Waiting)))
        }
        other => Some(other),
    }
}
