//! Import and export.

use std::sync::Arc;

use jiff::Timestamp;
use talon_domain::{
    access::{Channel, Client, Function, Right, Rights},
    entry::{Entry, EntryState, Ticket, TicketCounter},
    facility::{FacilityName, Mkod},
    history::{CancelReason, Cancellation},
    ids::{ClientId, EntryId, EntryKey},
};

use super::{
    region::{
        ADULTS, ANNA, BORIS, EAST, book, booked, cancel, code, doctor, facility, fill, local_start, move_to, now,
        person, records, referral, refused, slot, slot_key,
    },
    tally::{all, assert_exclusive, entries},
};
use crate::{ANY_PLACE, ClientSecret, Kind, KnownKey, Record, Store};

async fn everything(store: &Arc<dyn Store>) -> Vec<Record> {
    let mut records = Vec::new();
    for kind in Kind::ALL {
        records.extend(all(store, *kind).await);
    }
    records
}

async fn take(store: &Arc<dyn Store>, records: &[Record]) {
    for page in records.chunks(300) {
        assert_eq!(store.check_page(page).await, Ok(Vec::new()));
        assert_eq!(store.import_page(page.to_vec(), now()).await, Ok(Vec::new()));
    }
}

pub async fn the_same_page_twice_changes_nothing(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let before = everything(&store).await;
    take(&store, &records()).await;
    assert_eq!(everything(&store).await, before);
}

pub async fn a_page_with_a_fault_is_kept_out_whole(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let before = everything(&store).await;
    let good = slot(ADULTS, 0, 80, "2026-04-20T08:00:00".parse().unwrap());
    let overlapping = slot(ADULTS, 0, 81, "2026-04-15T08:10:00".parse().unwrap());
    let Some(Record::Facility(mut other)) =
        records().into_iter().find(|record| matches!(record, Record::Facility(found) if found.id == facility(EAST)))
    else {
        panic!("no facility");
    };
    other.mkod = Mkod::parse("01").unwrap();
    let page = vec![Record::Slot(good), Record::Slot(overlapping), Record::Facility(other)];
    let faults = store.check_page(&page).await.unwrap();
    let named: Vec<_> = faults.iter().map(|fault| (fault.index, fault.key)).collect();
    assert_eq!(named, [(1, "start"), (1, "start"), (2, "mkod")], "one for each cell it overlaps");
    assert_eq!(store.import_page(page, now()).await.unwrap(), faults);
    assert_eq!(everything(&store).await, before);
}

pub async fn a_booked_cell_stays_where_it_is(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let free: jiff::civil::DateTime = "2026-04-20T08:00:00".parse().unwrap();
    let moved = Record::Slot(slot(ADULTS, 0, 3, free));
    assert_eq!(store.check_page(std::slice::from_ref(&moved)).await.unwrap()[0].key, "start");
    assert_eq!(store.import_page(vec![moved], now()).await.unwrap()[0].key, "start");
    let mut closed = slot(ADULTS, 0, 3, local_start(3));
    closed.rights = Rights::of(&[Right::Registry]);
    take(&store, &[Record::Slot(closed), Record::Slot(slot(ADULTS, 0, 4, free))]).await;
    assert_eq!(refused(&store, book(BORIS, ADULTS, 0, 3, 0)).await.slug(), "time-not-open");
    assert_eq!(refused(&store, book(BORIS, ADULTS, 0, 4, 0)).await.slug(), "time-absent", "a free cell moves");
}

pub async fn cells_may_take_each_others_places(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let shifted: Vec<_> = (0..23).map(|cell| Record::Slot(slot(ADULTS, 0, cell, local_start(cell + 1)))).collect();
    let last = Record::Slot(slot(ADULTS, 0, 23, "2026-04-20T08:00:00".parse().unwrap()));
    take(&store, &[shifted, vec![last]].concat()).await;
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 0, 0)).await.slug(), "time-absent");
    booked(&store, book(ANNA, ADULTS, 0, 1, 0)).await;
    assert_eq!(entries(&store).await[0].slot, slot_key(ADULTS, 0, 0).slot);
}

pub async fn a_used_referral_stays_its_persons(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let mut moved = super::region::referral_to(ANNA, 0, 0);
    moved.person = person(BORIS);
    assert_eq!(store.check_page(&[Record::Referral(moved)]).await.unwrap()[0].key, "person");
    let mut foreign = foreign_entry(1, BORIS, 5, EntryState::Booked);
    foreign.referral = Some(referral(ANNA, 1));
    assert_eq!(store.check_page(&[Record::Entry(foreign)]).await.unwrap()[0].key, "referral");
    let mut beyond = foreign_entry(1, BORIS, 5, EntryState::Booked);
    beyond.place = 2;
    assert_eq!(store.check_page(&[Record::Entry(beyond)]).await.unwrap()[0].key, "place");
}

pub async fn an_export_taken_back_is_the_same_installation(store: Arc<dyn Store>) {
    fill(&store, installation_records()).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let second = booked(&store, book(BORIS, EAST, 1, 5, 1)).await;
    let moved = booked(&store, book(BORIS, ADULTS, 2, 8, 2)).await;
    store.move_entry(move_to(BORIS, moved.entry, None, 31), now()).await.unwrap().unwrap();
    let mut given_up = cancel(BORIS, second.entry);
    given_up.reason = CancelReason::new(CancelReason::OTHER, Some("Уезжаю".to_owned())).ok();
    store.cancel(given_up.clone(), now()).await.unwrap().unwrap();
    let cancellation = Cancellation { entry: second.entry, reason: given_up.reason, at: now() };
    assert_eq!(all(&store, Kind::Cancellation).await, [Record::Cancellation(cancellation)]);
    assert_eq!(all(&store, Kind::EntryVersion).await.len(), 1);
    let exported = everything(&store).await;
    // Taken back by the installation it came from, it changes nothing; the claims it rebuilds are
    // the same.
    take(&store, &exported).await;
    assert_eq!(everything(&store).await, exported);
    assert_eq!(refused(&store, book(BORIS, ADULTS, 0, 3, 0)).await.slug(), "time-taken");
    assert_eq!(booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry, first.entry);
    assert_eq!(booked(&store, book(BORIS, EAST, 1, 5, 1)).await.ticket.to_string(), "Х-002");
    assert_exclusive(&store).await;
}

pub async fn a_snapshot_does_not_see_what_is_written_later(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let snapshot = store.snapshot().await.unwrap();
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert_eq!(snapshot.page(Kind::Entry, None).await.unwrap().records, []);
    assert_eq!(all(&store, Kind::Entry).await.len(), 1);
}

/// A client application with its secret.
fn installation_records() -> Vec<Record> {
    let client = ClientId::from_bytes([5; 16]);
    vec![
        Record::Client(Client {
            id: client,
            name: "Портал".to_owned(),
            channel: Channel::Internet,
            functions: vec![(Function::VisitDirection, Rights::of(&[Right::Internet]))],
            schedule_days: 10,
        }),
        Record::ClientSecret(ClientSecret { client, hash: "$argon2id$…".to_owned() }),
    ]
}

/// An entry that another system made, under the person's first referral.
pub(super) fn foreign_entry(number: u8, who: u64, cell: u64, state: EntryState) -> Entry {
    let slot = slot(ADULTS, 0, cell, local_start(cell));
    Entry {
        key: EntryKey { facility: facility(ADULTS), entry: EntryId::from_bytes([number; 16]) },
        person: person(who),
        referral: Some(referral(who, 0)),
        resource: slot.resource,
        slot: slot.key.slot,
        place: ANY_PLACE,
        specialty: code(0),
        start: slot.start,
        minutes: slot.minutes,
        ticket: Ticket("Т-041".to_owned()),
        state,
        version: 1,
        booked_at: "2026-04-10T10:00:00Z".parse::<Timestamp>().unwrap(),
        client: None,
        channel: None,
    }
}

pub async fn an_entry_from_elsewhere_is_given_a_place_and_its_claims(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let mut missed = foreign_entry(2, BORIS, 4, EntryState::Missed);
    missed.ticket = Ticket("Т-007".to_owned());
    take(&store, &[Record::Entry(foreign_entry(1, ANNA, 3, EntryState::Booked)), Record::Entry(missed)]).await;
    assert_eq!(entries(&store).await[0].place, 1);
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 5, 0)).await.slug(), "referral-used");
    assert_eq!(refused(&store, book(BORIS, ADULTS, 0, 3, 0)).await.slug(), "time-taken");
    let reply = booked(&store, book(BORIS, ADULTS, 0, 4, 0)).await;
    assert_eq!(reply.ticket.to_string(), "Т-042", "a missed visit frees all, and no number is drawn twice");
    let faults = store.check_page(&[Record::Entry(foreign_entry(3, BORIS, 3, EntryState::Booked))]).await.unwrap();
    assert_eq!(faults.iter().map(|fault| fault.key).collect::<Vec<_>>(), ["referral"]);
    let counter = TicketCounter { facility: facility(ADULTS), day: super::region::tomorrow(), last: 90 };
    take(&store, &[Record::Counter(counter), Record::Counter(TicketCounter { last: 3, ..counter })]).await;
    store.cancel(cancel(BORIS, reply.entry), now()).await.unwrap().unwrap();
    assert_eq!(booked(&store, book(BORIS, ADULTS, 0, 4, 0)).await.ticket.to_string(), "Т-091");
}

pub async fn reference_data_is_seen_at_once(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let Some(Record::Facility(mut changed)) =
        records().into_iter().find(|record| matches!(record, Record::Facility(found) if found.id == facility(ADULTS)))
    else {
        panic!("no facility");
    };
    changed.schedule_days = 0;
    take(&store, &[Record::Facility(changed)]).await;
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 3, 0)).await.slug(), "time-beyond-window");
    let name = FacilityName::Mkod(Mkod::parse("01").unwrap());
    assert_eq!(store.reference().facility_named(&name).map(|facility| facility.schedule_days), Some(0));
    let keys = [
        KnownKey::Facility(facility(ADULTS)),
        KnownKey::Facility(facility(77)),
        KnownKey::Specialty(code(0)),
        KnownKey::Resource(doctor(ADULTS, 0)),
        KnownKey::Person(person(ANNA)),
        KnownKey::Person(person(77)),
        KnownKey::Referral(referral(ANNA, 0)),
        KnownKey::Slot(slot_key(ADULTS, 0, 3)),
        KnownKey::Client(ClientId::from_bytes([5; 16])),
    ];
    let known = store.known(&keys).await.unwrap();
    assert_eq!(known, [true, false, true, true, true, false, true, true, false]);
}
