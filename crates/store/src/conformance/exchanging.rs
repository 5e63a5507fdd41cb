//! Pages that are judged by what they come to: what one record gives up another takes.

use std::sync::Arc;

use talon_domain::{
    booking::BookCommand,
    entry::{Entry, EntryState},
    facility::Facility,
    ids::FacilityId,
    person::Card,
};

use super::{
    importing::foreign_entry,
    region::{
        ADULTS, ANNA, BORIS, EAST, VERA, book, booked, doctor, facility, fill, local_start, now, person, records,
        referral_to, refused, slot, slot_key,
    },
    tally::{all, assert_exclusive, entries},
};
use crate::{Fault, Holder, Kind, Record, Store};

/// Takes a page, in any order of its records.
async fn take(store: &Arc<dyn Store>, mut page: Vec<Record>) {
    for _ in 0..2 {
        assert_eq!(store.check_page(&page).await, Ok(Vec::new()));
        assert_eq!(store.import_page(page.clone(), now()).await, Ok(Vec::new()));
        page.reverse();
    }
    assert_exclusive(store).await;
}

/// The one fault of a record that is taken alone.
async fn alone(store: &Arc<dyn Store>, record: Record) -> (&'static str, Vec<Holder>) {
    let faults = store.check_page(&[record]).await.unwrap();
    let [Fault { key, holders, .. }] = &faults[..] else { panic!("one fault: {faults:?}") };
    (key, holders.clone())
}

fn facility_record(id: FacilityId) -> Facility {
    let found = records().into_iter().find_map(|record| match record {
        Record::Facility(facility) if facility.id == id => Some(facility),
        _ => None,
    });
    found.unwrap()
}

pub async fn facilities_may_exchange_their_codes(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let (mut adults, mut east) = (facility_record(facility(ADULTS)), facility_record(facility(EAST)));
    std::mem::swap(&mut adults.mkod, &mut east.mkod);
    let holders = vec![Holder::Facility(facility(EAST))];
    assert_eq!(alone(&store, Record::Facility(adults.clone())).await, ("mkod", holders));
    take(&store, vec![Record::Facility(adults.clone()), Record::Facility(east.clone())]).await;
    let kept = all(&store, Kind::Facility).await;
    assert!(kept.contains(&Record::Facility(adults)) && kept.contains(&Record::Facility(east)));
    // What was the code of the one names the other now.
    booked(&store, BookCommand { resource: doctor(ADULTS, 0), ..book(ANNA, EAST, 0, 3, 0) }).await;
    assert_eq!(entries(&store).await[0].key.facility, facility(ADULTS));
}

pub async fn cards_may_change_hands(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let card_of = |who| {
        let mut cards = records().into_iter().filter_map(|record| match record {
            Record::Card(card) if (card.facility, card.person) == (facility(ADULTS), person(who)) => Some(card),
            _ => None,
        });
        cards.next_back().unwrap()
    };
    let annas = Card { person: person(BORIS), ..card_of(ANNA) };
    let boriss = Card { person: person(ANNA), ..card_of(BORIS) };
    let holders = vec![Holder::Card(boriss.facility, boriss.id)];
    assert_eq!(alone(&store, Record::Card(annas.clone())).await, ("person", holders));
    take(&store, vec![Record::Card(annas.clone()), Record::Card(boriss.clone())]).await;
    let kept = all(&store, Kind::Card).await;
    assert!(kept.contains(&Record::Card(annas)) && kept.contains(&Record::Card(boriss)));
}

pub async fn an_entry_that_ends_makes_way_for_another(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let reply = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let ended = Entry { state: EntryState::Cancelled, version: 2, ..entries(&store).await.remove(0) };
    let next = foreign_entry(1, ANNA, 3, EntryState::Booked);
    let holders = vec![Holder::Entry(reply.entry)];
    assert_eq!(alone(&store, Record::Entry(next.clone())).await, ("referral", holders));
    take(&store, vec![Record::Entry(next), Record::Entry(ended)]).await;
    assert_eq!(entries(&store).await.len(), 2);
    assert_eq!(refused(&store, book(BORIS, ADULTS, 0, 3, 0)).await.slug(), "time-taken");
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 5, 0)).await.slug(), "referral-used");
    take(&store, vec![Record::Referral(referral_to(ANNA, 7, 0))]).await;
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 5, 7)).await.slug(), "specialty-limit");
}

pub async fn visits_may_exchange_their_cells(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    booked(&store, book(BORIS, ADULTS, 0, 5, 0)).await;
    let moved = |entry: &Entry| {
        let number = if entry.person == person(ANNA) { 5 } else { 3 };
        let cell = slot(ADULTS, 0, number, local_start(number));
        Record::Entry(Entry { slot: cell.key.slot, start: cell.start, version: 2, ..entry.clone() })
    };
    let page: Vec<_> = entries(&store).await.iter().map(moved).collect();
    let (key, holders) = alone(&store, page[0].clone()).await;
    assert_eq!((key, holders.len()), ("slot", 1), "the place that it names is another's");
    take(&store, page.clone()).await;
    let kept = all(&store, Kind::Entry).await;
    assert!(page.iter().all(|entry| kept.contains(entry)));
}

pub async fn a_booked_cell_moves_when_its_visit_leaves_it(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let reply = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let visit = entries(&store).await.remove(0);
    let moved = slot(ADULTS, 0, 3, "2026-04-20T08:00:00".parse().unwrap());
    let holders = vec![Holder::Entry(reply.entry)];
    assert_eq!(alone(&store, Record::Slot(moved.clone())).await, ("start", holders.clone()));
    // A visit is not moved by moving its cell.
    let dragged = Record::Entry(Entry { start: moved.start, version: 2, ..visit.clone() });
    let faults = store.check_page(&[Record::Slot(moved.clone()), dragged]).await.unwrap();
    assert_eq!(faults.iter().map(|fault| (fault.key, fault.holders.clone())).collect::<Vec<_>>(), [("start", holders)]);
    let ended = Record::Entry(Entry { state: EntryState::Cancelled, version: 2, ..visit });
    take(&store, vec![Record::Slot(moved.clone()), ended]).await;
    assert!(all(&store, Kind::Slot).await.contains(&Record::Slot(moved)));
}

pub async fn a_cell_that_grows_takes_one_more(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let reply = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let next = foreign_entry(1, BORIS, 3, EntryState::Booked);
    let holders = vec![Holder::Entry(reply.entry), Holder::Slot(slot_key(ADULTS, 0, 3))];
    assert_eq!(alone(&store, Record::Entry(next.clone())).await, ("slot", holders));
    let mut wider = slot(ADULTS, 0, 3, local_start(3));
    wider.places = 2;
    let third = foreign_entry(2, VERA, 3, EntryState::Booked);
    let page = vec![Record::Slot(wider.clone()), Record::Entry(next.clone()), Record::Entry(third)];
    let faults = store.check_page(&page).await.unwrap();
    assert_eq!(faults.iter().map(|fault| (fault.index, fault.key)).collect::<Vec<_>>(), [(2, "slot")]);
    assert_eq!(store.import_page(page, now()).await.unwrap(), faults);
    take(&store, vec![Record::Slot(wider), Record::Entry(next)]).await;
    assert_eq!(entries(&store).await.iter().map(|entry| entry.place).sum::<u16>(), 3);
}
