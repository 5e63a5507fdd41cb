//! Fills the demo's appointment book.

use std::collections::BTreeMap;

use talon_domain::{
    entry::EntryState,
    ids::{FacilityId, ReferralKey},
    person::{Person, age_on},
    referral::{Referral, ReferralState},
    resource::Resource,
    slot::Slot,
};

use super::{book::Book, facilities::Place, patients::Who, region::Region};
use crate::{
    calendar::shifted,
    specialties::{self as sp},
};

/// What became of some named patients' appointments. One that is booked or cancelled lies ahead,
/// one that took place or was missed was on the last working day.
const LINES: [(Who, Place, &str, EntryState); 6] = [
    (Who::Ryabova, Place::City, sp::ENDOCRINOLOGY, EntryState::Fulfilled),
    (Who::Melnik, Place::East, sp::ENT, EntryState::Missed),
    (Who::Vinogradova, Place::Children, sp::LABORATORY, EntryState::Booked),
    (Who::Petrosyan, Place::Children, sp::SURGERY, EntryState::Cancelled),
    (Who::Yusupova, Place::East, sp::DERMATOLOGY, EntryState::Booked),
    (Who::Titova, Place::Regional, sp::RADIOLOGY, EntryState::Booked),
];

/// Most appointments of one patient of the crowd.
const MOST_EACH: usize = 3;

/// Books the named patients, except for what the tour needs.
pub(super) fn of_named(region: &Region, book: &mut Book<'_>) {
    for (who, place, specialty, state) in LINES {
        let Some(resource) = region.resource(place, specialty) else { continue };
        let person = region.named(who).id;
        let ahead = matches!(state, EntryState::Booked | EntryState::Cancelled);
        let in_time = |slot: &&Slot| match ahead {
            true => region.is_safely_ahead(slot),
            false => region.local_day(slot) < region.today,
        };
        let mut slots = region.slots_of(resource.key).filter(in_time);
        let Some(slot) = slots.find(|slot| book.is_untouched(slot.key)) else { continue };
        let own = |referral: &&Referral| referral.person == person && referral.specialty == resource.specialty;
        let referral = region.referrals.iter().find(own).map(|referral| referral.key);
        book.enter(person, referral, (slot, resource), state);
    }
}

/// Books the crowd into what is left, the nearer days the fuller.
pub(super) fn of_crowd(region: &Region, book: &mut Book<'_>) {
    let mut patients: BTreeMap<FacilityId, Vec<&Person>> = BTreeMap::new();
    for card in &region.cards {
        let person = region.crowd.iter().find(|person| person.id == card.person);
        patients.entry(card.facility).or_default().extend(person);
    }
    for employed in &region.staff {
        let resource = &employed.resource;
        let Some(patients) = patients.get(&resource.key.facility) else { continue };
        for slot in region.slots_of(resource.key) {
            for _ in 0..slot.places {
                if book.has_room(slot) && book.draw.percent(chance(region, slot)) {
                    book_somebody(region, book, patients, (slot, resource));
                }
            }
        }
    }
}

/// How likely a place is to be taken, in percent.
fn chance(region: &Region, slot: &Slot) -> u32 {
    let day = region.local_day(slot);
    match day {
        _ if day <= region.today => 12,
        _ if day <= shifted(region.today, 4) => 8,
        _ => 3,
    }
}

/// A few are asked; the place stays free when it suits none of them.
fn book_somebody(region: &Region, book: &mut Book<'_>, patients: &[&Person], (slot, resource): (&Slot, &Resource)) {
    for _ in 0..5 {
        let Some(person) = book.draw.pick(patients).copied() else { return };
        let age = age_on(person.birth_date, region.local_day(slot));
        let of_age = resource.ages.admit(age) && slot.ages.admit(age) && region.admits(resource.key.facility, age);
        if of_age && book.count(person.id) < MOST_EACH && book.suits(person.id, slot, resource) {
            let referral = usable_referral(region, book, person, resource);
            let state = book.state_by_now(slot);
            book.enter(person.id, referral, (slot, resource), state);
            return;
        }
    }
}

fn usable_referral(region: &Region, book: &Book<'_>, person: &Person, resource: &Resource) -> Option<ReferralKey> {
    let usable = |referral: &&Referral| {
        referral.person == person.id
            && referral.specialty == resource.specialty
            && referral.state == ReferralState::Active
            && (referral.issued..=referral.valid_until).contains(&region.today)
            && referral.to_facility.unwrap_or(referral.key.facility) == resource.key.facility
            && referral.resource.is_none_or(|named| named == resource.key)
            && !book.is_used(referral.key)
    };
    region.referrals.iter().find(usable).map(|referral| referral.key)
}
