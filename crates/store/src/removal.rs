//! Removing a person, and making one of two.

use std::collections::HashMap;

use jiff::Timestamp;
use talon_domain::{
    audit::{Action, AuditRecord, Request},
    ids::{AuditId, FacilityId, PersonId},
    person::Card,
};

use crate::Record;

/// Which person is to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Who.
    pub person: PersonId,
    /// The person who is the same and keeps what is theirs; `None` when it is to go.
    pub into: Option<PersonId>,
    /// The request, for the audit.
    pub request: Request,
    /// The audit record's id.
    pub new_audit: AuditId,
}

/// What was kept of a person before they were removed; or what stands against it, in words, each for one object.
pub type RemoveReply = std::result::Result<Vec<Record>, Vec<String>>;

/// The audit record of a removal that was decided.
#[must_use]
pub fn removal_record(removal: &Removal, reply: &RemoveReply, now: Timestamp) -> AuditRecord {
    AuditRecord {
        id: removal.new_audit,
        at: now,
        request: removal.request.id,
        from: removal.request.from,
        node: removal.request.node,
        person: Some(removal.person),
        client: None,
        channel: None,
        action: if removal.into.is_some() { Action::Merge } else { Action::Erase },
        facility: None,
        object: removal.into.map(|into| into.to_string()),
        outcome: if reply.is_ok() { "ok" } else { "refused" }.to_owned(),
    }
}

/// What the records of a person are once they are those of another, who has these cards: cards, referrals, entries and places in line.
/// What is known by an entry or a place stays where it is. A person has one card in a facility: where both have one, the other's is kept, with
/// everything that holds for either of them and the contacts that it lacks.
#[must_use]
pub fn merged(records: &[Record], into: PersonId, cards: &[Card]) -> Vec<Record> {
    let kept: HashMap<FacilityId, &Card> = cards.iter().map(|card| (card.facility, card)).collect();
    let of_other = |record: &Record| match record {
        Record::Card(card) => Some(Record::Card(match kept.get(&card.facility) {
            Some(kept) => one_of_two(kept, card),
            None => Card { person: into, ..card.clone() },
        })),
        Record::Referral(referral) => {
            let mut referral = referral.clone();
            referral.person = into;
            Some(Record::Referral(referral))
        }
        Record::Entry(entry) => {
            let mut entry = entry.clone();
            entry.person = into;
            Some(Record::Entry(entry))
        }
        Record::Waiting(place) => {
            let mut place = place.clone();
            place.person = into;
            Some(Record::Waiting(place))
        }
        _ => None,
    };
    records.iter().filter_map(of_other).collect()
}

fn one_of_two(kept: &Card, other: &Card) -> Card {
    let mut dispensary = kept.dispensary.clone();
    dispensary.extend(other.dispensary.iter().filter(|code| !kept.dispensary.contains(code)).cloned());
    Card {
        self_booking_barred: kept.self_booking_barred || other.self_booking_barred,
        dispensary,
        email: kept.email.clone().or_else(|| other.email.clone()),
        phone: kept.phone.clone().or_else(|| other.phone.clone()),
        ..kept.clone()
    }
}

/// What stands against a merged page, in words that name the object of each fault.
#[must_use]
pub fn against(records: &[Record], faults: &[crate::Fault]) -> Vec<String> {
    let object = |index: usize| match records.get(index) {
        Some(Record::Card(card)) => format!("card {}", card.id),
        Some(Record::Referral(referral)) => format!("referral {}", referral.key),
        Some(Record::Entry(entry)) => format!("entry {}", entry.key),
        Some(Record::Waiting(place)) => format!("place on a waiting list {}", place.key),
        _ => "the person".to_owned(),
    };
    faults.iter().map(|fault| format!("{}: {}: {}", object(fault.index), fault.key, fault.what)).collect()
}
