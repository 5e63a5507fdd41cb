//! Booking without a referral, by a cell that is named, or under a referral whose kind is named.

use std::sync::Arc;

use talon_domain::{
    booking::BookCommand,
    ids::{ResourceId, SlotId},
    referral::ReferralKind,
};

use super::{
    region::{ADULTS, ANNA, BORIS, book, booked, fill, local_start, now, refused, slot, slot_key},
    tally::{assert_exclusive, entries},
};
use crate::{Record, Store};

/// The same without the referral.
fn plain(command: BookCommand) -> BookCommand {
    BookCommand { referral: None, ..command }
}

pub async fn the_same_visit_twice_is_one(store: Arc<dyn Store>) {
    let mut wide = slot(ADULTS, 0, 3, local_start(3));
    wide.places = 5;
    fill(&store, vec![Record::Slot(wide)]).await;
    let asked: Vec<_> = (0..16)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { booked(&store, plain(book(ANNA, ADULTS, 0, 3, 0))).await })
        })
        .collect();
    let (mut made, mut answers) = (0, Vec::new());
    for answer in asked {
        let answer = answer.await.unwrap();
        made += usize::from(!answer.repeated);
        answers.push((answer.entry, answer.ticket.to_string()));
    }
    answers.dedup();
    assert_eq!((made, answers.len(), entries(&store).await.len()), (1, 1, 1));
    assert!(store.is_repetition(&plain(book(ANNA, ADULTS, 0, 3, 0))).await.unwrap());
    assert!(
        !store.is_repetition(&book(ANNA, ADULTS, 0, 3, 0)).await.unwrap(),
        "under a referral it is another request"
    );
    assert_exclusive(&store).await;
}

pub async fn a_named_cell_is_booked_and_no_other_in_its_place(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let key = slot_key(ADULTS, 0, 3);
    assert_eq!(store.cell(key).await.unwrap(), Some(slot(ADULTS, 0, 3, local_start(3))));
    let named = |cell| BookCommand { cell: Some(cell), ..plain(book(ANNA, ADULTS, 0, 3, 0)) };
    let gone = SlotId::from_bytes([7; 16]);
    assert_eq!(refused(&store, named(gone)).await.slug(), "time-absent");
    let mut nowhere = named(gone);
    nowhere.resource.resource = ResourceId::from_bytes([0; 16]);
    assert_eq!(refused(&store, nowhere).await.slug(), "time-absent", "what is missing is the cell");
    booked(&store, named(key.slot)).await;
    assert_eq!(store.cell(slot_key(ADULTS, 0, 999)).await.unwrap(), None);
}

pub async fn a_referral_must_be_of_the_kind_that_is_named(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let of = |kind| BookCommand { kind: Some(kind), ..book(BORIS, ADULTS, 0, 3, 0) };
    assert_eq!(refused(&store, of(ReferralKind::Diagnostic)).await.slug(), "referral-mismatch");
    let made = store.book(of(ReferralKind::Consultation), now()).await.unwrap().unwrap();
    assert_eq!(booked(&store, of(ReferralKind::Diagnostic)).await.entry, made.entry, "a repetition is found first");
}
