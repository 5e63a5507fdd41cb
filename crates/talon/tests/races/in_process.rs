//! The store without a server before it: for races in which HTTP has no part.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use talon_domain::{
    access::{Caller, Channel},
    audit::Request,
    booking::{BookCommand, CancelCommand, ChurnTerms, NewIds},
    facility::LpuCode,
    ids::{AuditId, EntryId, EntryKey, PersonId, ReferralKey, RequestId, ResourceKey},
};
use talon_store::{BookReply, CancelReply, Store};
use talon_store_postgres::{OpenOptions as PostgresOptions, PostgresStore};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use talon_testkit::{Installation, Patient, PersonRef, clock};
use talon_vault::Vault;
use uuid::Uuid;

/// Opens an installation's store. Where it is a file, no server may be writing to it.
pub(crate) async fn open(installation: &Installation) -> Arc<dyn Store> {
    let url = installation.store_url();
    let Some(path) = url.strip_prefix("sqlite:").map(ToOwned::to_owned) else {
        let url = url.parse().expect("an address of PostgreSQL");
        return PostgresStore::open(&url, &PostgresOptions::new(clock::now())).await.expect("the store can be opened");
    };
    let keys = format!("{path}.contacts");
    let contacts = Vault::open_file(keys.as_ref()).expect("the keys that the import made");
    let options = OpenOptions { contacts: Some(Arc::new(contacts)), ..OpenOptions::new(clock::now()) };
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(path.as_ref(), &options));
    opened.await.expect("opening does not panic").expect("the store can be opened")
}

/// Lets go of it.
pub(crate) async fn close(store: Arc<dyn Store>) {
    store.close().await;
}

/// Cancels a person's entry, named as in `Entry_id`.
pub(crate) async fn cancel(store: &dyn Store, person: &PersonRef, entry: &str) -> CancelReply {
    let command = CancelCommand {
        person: PersonId::parse(&person.guid).unwrap(),
        caller: portal(),
        entry: EntryKey::parse(entry).unwrap(),
        reason: None,
        cutoff: Duration::ZERO,
        churn: ChurnTerms { most: 10, within: SignedDuration::from_hours(24) },
        request: Request::of(RequestId(Uuid::new_v4())),
        new_audit: AuditId(Uuid::new_v4()),
    };
    store.cancel(command, clock::now()).await.expect("the store works")
}

/// Books for a patient what they ask for.
pub(crate) async fn book(store: &dyn Store, patient: &Patient) -> BookReply {
    let slot = &patient.slot;
    let command = BookCommand {
        person: PersonId::parse(&patient.person.guid).unwrap(),
        caller: portal(),
        lpu: LpuCode::parse(&slot.facility).unwrap(),
        referral: Some(ReferralKey::parse(&patient.referral.id()).unwrap()),
        kind: None,
        resource: ResourceKey::parse(&format!("{}{}", slot.facility, slot.resource)).unwrap(),
        cell: None,
        day: slot.start.date(),
        time: slot.start.time(),
        email: None,
        idempotency: None,
        request: Request::of(RequestId(Uuid::new_v4())),
        new_ids: NewIds { entry: EntryId(Uuid::new_v4()), audit: AuditId(Uuid::new_v4()) },
    };
    store.book(command, clock::now()).await.expect("the store works")
}

fn portal() -> Caller {
    Caller { channel: Channel::Internet, client: None }
}
