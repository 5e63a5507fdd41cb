//! A person has one card in a facility.

use talon_domain::{
    ids::{FacilityId, PersonId},
    person::Card,
};

use super::ledger::{Ledger, Seq};
use crate::LineFault;

/// Sees cards in the order of person and facility, and finds second ones.
#[derive(Default)]
pub(super) struct OnePerFacility {
    last: Option<(PersonId, FacilityId, Seq)>,
}

impl OnePerFacility {
    pub(super) fn see(&mut self, seq: Seq, card: &Card, ledger: &mut Ledger) {
        if ledger.is_out(seq) {
            return;
        }
        if let Some((person, facility, first)) = self.last
            && (person, facility) == (card.person, card.facility)
        {
            // Lines come by key here: the one further down in the input is the second.
            let (first, second) = (first.min(seq), first.max(seq));
            let what = format!("{} gives this person a card in this facility, too", ledger.place(first));
            ledger.fault(second, LineFault::new("person", what));
            self.last = Some((person, facility, first));
            return;
        }
        self.last = Some((card.person, card.facility, seq));
    }
}
