//! Writing a page of records, kind by kind: what is referred to comes first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use talon_store::{PageFacts, Record};

use super::{cells, entries, patients, reference, waiting};
use crate::{audit, failure::Result, history, outbox, sealing, session::Session, template, tickets};

/// The records of one kind in the order of their keys, each key once. Of several with one key the last
/// counts: a statement cannot change a row twice.
macro_rules! of_kind {
    ($records:expr, $kind:ident($record:ident) => $key:expr) => {
        last($records, |record| if let Record::$kind($record) = record { Some(($key, $record)) } else { None })
    };
}

fn last<'a, K: Ord, T>(records: &'a [Record], keyed: impl Fn(&'a Record) -> Option<(K, &'a T)>) -> Vec<&'a T> {
    records.iter().filter_map(keyed).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Whether a page has reference data.
pub(super) fn has_reference(records: &[Record]) -> bool {
    let is_reference = |record: &Record| {
        matches!(record, Record::Specialty(_) | Record::Facility(_) | Record::Resource(_) | Record::Client(_))
    };
    records.iter().any(is_reference)
}

/// Writes records that are without faults.
pub(super) async fn apply(session: &Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    let tx = session.tx;
    let facilities = of_kind!(records, Facility(it) => it.id);
    reference::put_specialties(tx, &of_kind!(records, Specialty(it) => it.code.0.as_str())).await?;
    reference::put_facilities(tx, &facilities).await?;
    reference::put_resources(tx, &of_kind!(records, Resource(it) => it.key)).await?;
    reference::put_clients(tx, &of_kind!(records, Client(it) => it.id)).await?;
    reference::put_secrets(tx, &of_kind!(records, ClientSecret(it) => it.client)).await?;
    patients::put_persons(tx, &of_kind!(records, Person(it) => it.id)).await?;
    patients::put_cards(tx, &of_kind!(records, Card(it) => (it.facility, it.id)), facts).await?;
    patients::put_referrals(tx, &of_kind!(records, Referral(it) => it.key), facts).await?;
    template::put(tx, &of_kind!(records, Template(it) => (it.resource.facility, it.id))).await?;
    cells::put(tx, &of_kind!(records, Slot(it) => it.key), facts).await?;
    entries::put(session, records, facts, &facilities, now).await?;
    history::put_versions(tx, &of_kind!(records, EntryVersion(it) => (it.entry, it.version))).await?;
    history::put_cancellations(tx, &of_kind!(records, Cancellation(it) => it.entry)).await?;
    waiting::put(tx, records, facts).await?;
    let counters = of_kind!(records, Counter(it) => (it.facility, it.day, it.last));
    tickets::raise(tx, &counters.into_iter().copied().collect::<Vec<_>>()).await?;
    outbox::insert(tx, &of_kind!(records, Message(it) => (it.entry, it.version, it.kind.code()))).await?;
    audit::insert(tx, &of_kind!(records, Audit(it) => (it.request, it.id))).await?;
    sealing::put(tx, &of_kind!(records, Seal(it) => (it.request, it.audit))).await
}
