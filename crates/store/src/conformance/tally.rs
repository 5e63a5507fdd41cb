//! What a store holds, through its own export.

use std::{collections::BTreeMap, sync::Arc};

use talon_domain::{audit::AuditRecord, entry::Entry, message::Message};

use crate::{Kind, Record, Store};

/// Every record of a kind.
pub async fn all(store: &Arc<dyn Store>, kind: Kind) -> Vec<Record> {
    let snapshot = store.snapshot().await.expect("a snapshot");
    let (mut records, mut after) = (Vec::new(), None);
    loop {
        let page = snapshot.page(kind, after).await.expect("a page");
        records.extend(page.records);
        after = page.next;
        if after.is_none() {
            return records;
        }
    }
}

/// Everything but the audit.
pub async fn all_but_audit(store: &Arc<dyn Store>) -> Vec<Record> {
    let mut records = Vec::new();
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Audit) {
        records.extend(all(store, *kind).await);
    }
    records
}

/// The entries.
pub async fn entries(store: &Arc<dyn Store>) -> Vec<Entry> {
    let records = all(store, Kind::Entry).await.into_iter();
    records.filter_map(|record| if let Record::Entry(entry) = record { Some(entry) } else { None }).collect()
}

/// The messages.
pub async fn messages(store: &Arc<dyn Store>) -> Vec<Message> {
    let records = all(store, Kind::Message).await.into_iter();
    records.filter_map(|record| if let Record::Message(message) = record { Some(message) } else { None }).collect()
}

/// The audit records.
pub async fn audit(store: &Arc<dyn Store>) -> Vec<AuditRecord> {
    let records = all(store, Kind::Audit).await.into_iter();
    records.filter_map(|record| if let Record::Audit(audit) = record { Some(audit) } else { None }).collect()
}

/// How often each outcome stands in the audit.
pub async fn outcomes(store: &Arc<dyn Store>) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for record in audit(store).await {
        *outcomes.entry(record.outcome).or_default() += 1;
    }
    outcomes
}

/// Checks what must hold of a store at any time: each place, referral and ticket is one entry's.
pub async fn assert_exclusive(store: &Arc<dyn Store>) {
    let (mut places, mut referrals, mut tickets) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let facilities = all(store, Kind::Facility).await.into_iter();
    let known = facilities.filter_map(|record| if let Record::Facility(known) = record { Some(known) } else { None });
    let zones: BTreeMap<_, _> = known.map(|known| (known.id, known.zone)).collect();
    for entry in entries(store).await {
        let facility = entry.key.facility;
        let day = zones[&facility].day(entry.start);
        assert_eq!(tickets.insert((facility, day, entry.ticket.0.clone()), entry.key), None, "one ticket twice");
        if entry.state.is_live() {
            assert_eq!(places.insert((facility, entry.slot, entry.place), entry.key), None, "one place twice");
        }
        if let Some(referral) = entry.referral.filter(|_| entry.state.uses_referral()) {
            assert_eq!(referrals.insert(referral, entry.key), None, "one referral twice");
        }
    }
    assert_eq!(store.verify().await, Ok(Vec::new()));
}
