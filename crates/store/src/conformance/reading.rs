//! What a person may read of their own.

use std::{collections::BTreeSet, sync::Arc};

use super::region::{ADULTS, ANNA, CHILDREN, EAST, GLEB, VERA, facility, fill, person};
use crate::Store;

pub async fn a_person_is_read_with_their_cards_and_nobody_elses(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for (who, homes) in [(ANNA, vec![ADULTS, CHILDREN, EAST]), (GLEB, vec![CHILDREN, EAST])] {
        let found = store.personal(person(who)).await.unwrap().unwrap();
        assert_eq!(found.person.id, person(who));
        assert!(found.cards.iter().all(|card| card.person == person(who)));
        let known_at: BTreeSet<_> = found.cards.iter().map(|card| card.facility).collect();
        assert_eq!((known_at, found.cards.len()), (homes.iter().map(|it| facility(*it)).collect(), homes.len()));
    }
    let barred = store.personal(person(VERA)).await.unwrap().unwrap();
    assert!(barred.cards.iter().all(|card| card.self_booking_barred));
    assert_eq!(store.personal(person(99)).await, Ok(None), "somebody who is not there");
}
