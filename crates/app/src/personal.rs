//! Who a person is, and where they have cards.

use std::sync::Arc;

use talon_domain::{
    audit::{Action, Request},
    facility::Facility,
    person::Person,
};
use talon_store::PersonCards;
use talon_tokens::Identity;

use crate::{App, Failure, ReadRecord};

/// A person as the installation knows them.
pub struct Personal {
    /// The person.
    pub person: Person,
    /// Where they have a card, in the order of МКОД.
    pub known_at: Vec<KnownAt>,
}

/// A facility where a person has a card.
pub struct KnownAt {
    /// The facility.
    pub facility: Arc<Facility>,
    /// Whether the card bars booking for oneself.
    pub self_booking_barred: bool,
}

impl App {
    /// The token's person; `None` when the installation does not know them.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn personal(&self, identity: &Identity, request: Request) -> Result<Option<Personal>, Failure> {
        let known = self.parts.store.personal(identity.person).await?;
        let outcome = if known.is_some() { "ok" } else { "person-unknown" };
        self.record_read(identity, request, ReadRecord::of(Action::ReadPerson, outcome)).await?;
        let reference = self.reference();
        Ok(known.map(|PersonCards { person, cards }| {
            // The card of a facility that was imported within this second is passed over: the reference data
            // may not have it yet.
            let mut known_at: Vec<_> = cards
                .into_iter()
                .filter_map(|card| {
                    let facility = Arc::clone(reference.facility(card.facility)?);
                    Some(KnownAt { facility, self_booking_barred: card.self_booking_barred })
                })
                .collect();
            known_at.sort_by(|one, other| one.facility.mkod.cmp(&other.facility.mkod));
            Personal { person, known_at }
        }))
    }
}
