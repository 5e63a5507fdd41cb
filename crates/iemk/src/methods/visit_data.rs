//! What a booking is answered: VisitData, or why not.

use serde::Serialize;
use talon_app::Refused;
use talon_domain::{
    booking::{FreeTime, Occupied, Refusal},
    ids::EntryKey,
};
use talon_store::Booked;

use crate::{
    answer::{Done, FreeTimeDto, Problem},
    catalogue::Filling,
    local_text::{day, day_and_time, iso_day, minute},
};

/// Model VisitData of the document.
#[derive(Serialize)]
struct VisitData<'a> {
    #[serde(rename = "Entry_id")]
    entry_id: String,
    #[serde(rename = "Ticket")]
    ticket: &'a str,
}

pub(super) fn visit_data(booked: &Booked) -> Done {
    let entry: EntryKey = booked.entry;
    let model = VisitData { entry_id: entry.to_string(), ticket: &booked.ticket.0 };
    Done::of(if booked.repeated { "repeated" } else { "ok" }, &model)
}

pub(super) fn refusal(refused: Refused) -> Problem {
    Problem {
        fillings: fillings(&refused.refusal),
        alternatives: refused.alternatives.map(|times| times.iter().map(free_time).collect()),
        ..Problem::of(refused.refusal.slug())
    }
}

/// What the message of a refusal names.
pub(super) fn fillings(refusal: &Refusal) -> Vec<Filling> {
    match refusal {
        Refusal::FacilityUnknown { lpu } => vec![("lpu", lpu.sent.clone())],
        Refusal::CardNotFound { person, lpu } => vec![("guid", person.to_string()), ("lpu", lpu.sent.clone())],
        Refusal::ReferralExpired { until: date } | Refusal::ReferralNotYetValid { from: date } => {
            vec![("дата", day(*date))]
        }
        Refusal::ReferralUsed(Occupied { who, at })
        | Refusal::SpecialtyLimit(Occupied { who, at })
        | Refusal::PatientOverlap(Occupied { who, at }) => {
            vec![("ФИО", who.clone()), ("Время", day_and_time(*at))]
        }
        Refusal::CancelledTooOften { until, phone } => {
            vec![("Время", day_and_time(*until)), ("телефон", after_registry(phone.as_deref()))]
        }
        _ => Vec::new(),
    }
}

/// The telephone after "the registry", where it is known.
pub(super) fn after_registry(phone: Option<&str>) -> String {
    phone.map(|phone| format!(": {phone}")).unwrap_or_default()
}

fn free_time(free: &FreeTime) -> FreeTimeDto {
    FreeTimeDto { resource_id: free.resource.to_string(), day: iso_day(free.day), time: minute(free.time) }
}

#[cfg(test)]
mod tests;
