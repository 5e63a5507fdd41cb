//! `POST /iemk/directions/entry`: books an appointment by referral.

use serde::Serialize;
use talon_app::{App, BookRequest, Limited, Refused};
use talon_domain::{
    booking::{BookCommand, FreeTime, Occupied, Refusal},
    ids::{EntryKey, RequestId},
};
use talon_store::Booked;
use talon_tokens::Identity;

use crate::{
    answer::{Done, FreeTimeDto, Problem},
    call::{Call, Outcome},
    catalogue::Filling,
    content_type::is_json,
    failure::failed,
    local_text::{day, day_and_time, iso_day, minute},
    shape::{ShapeFault, read_booking},
};

/// Steps 1 (after the token) to 6 of the order of checks.
pub(crate) async fn book(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let trace = call.trace;
    let command = match app.admit(identity.person) {
        Ok(()) => match read(call).await {
            Ok(asked) => app.book_command(&identity, asked, trace),
            Err(problem) => return Err(recorded(app, trace, &identity, problem).await),
        },
        Err(limited) => over_the_limit(app, call, &identity, limited).await?,
    };
    match app.book(command).await.map_err(|failure| failed(&failure, trace))? {
        Ok(booked) => Ok(visit_data(&booked)),
        Err(refused) => Err(Box::new(refusal(refused))),
    }
}

/// The request's content: 415, 413, 408, then its shape.
async fn read(call: &mut Call) -> Result<BookRequest, Box<Problem>> {
    if !is_json(&call.headers) {
        return Err(Box::new(Problem::of("content-type-unsupported")));
    }
    let body = call.body().await?;
    read_booking(&call.headers, &body).map_err(|fault| match fault {
        ShapeFault::Empty => Box::new(Problem::of("time-or-resource-empty")),
        ShapeFault::Faulty(errors) => Box::new(Problem::validation(errors)),
    })
}

/// A 429 never stands in for an exact repetition, so one who is over the limit is read all the
/// same; whatever else is wrong with the request, the limit comes first.
async fn over_the_limit(
    app: &App,
    call: &mut Call,
    identity: &Identity,
    limited: Limited,
) -> Result<BookCommand, Box<Problem>> {
    let asked = read(call).await.map_err(|problem| Box::new(Problem { close: problem.close, ..too_many(limited) }))?;
    let command = app.book_command(identity, asked, call.trace);
    match app.is_repetition(&command).await.map_err(|failure| failed(&failure, call.trace))? {
        true => Ok(command),
        false => Err(Box::new(too_many(limited))),
    }
}

pub(crate) fn too_many(limited: Limited) -> Problem {
    // Rounded up: one who comes back at the second named is let in.
    let seconds = limited.retry_after.as_millis().div_ceil(1000).max(1);
    Problem { retry_after: u64::try_from(seconds).ok(), ..Problem::of("too-many-requests") }
}

/// Keeps the audit record of a refusal that the store never saw; without it there is no answer.
async fn recorded(app: &App, trace: RequestId, identity: &Identity, problem: Box<Problem>) -> Box<Problem> {
    if problem.reason == "request-timeout" {
        return problem;
    }
    match app.record_refused_booking(identity, trace, problem.reason).await {
        Ok(()) => problem,
        Err(failure) => Box::new(Problem { close: problem.close, ..*failed(&failure, trace) }),
    }
}

/// Model VisitData of the document.
#[derive(Serialize)]
struct VisitData<'a> {
    #[serde(rename = "Entry_id")]
    entry_id: String,
    #[serde(rename = "Ticket")]
    ticket: &'a str,
}

fn visit_data(booked: &Booked) -> Done {
    let entry: EntryKey = booked.entry;
    let model = VisitData { entry_id: entry.to_string(), ticket: &booked.ticket.0 };
    Done::of(if booked.repeated { "repeated" } else { "ok" }, &model)
}

fn refusal(refused: Refused) -> Problem {
    Problem {
        fillings: fillings(&refused.refusal),
        alternatives: refused.alternatives.map(|times| times.iter().map(free_time).collect()),
        ..Problem::of(refused.refusal.slug())
    }
}

/// What the message of a refusal names.
fn fillings(refusal: &Refusal) -> Vec<Filling> {
    match refusal {
        Refusal::FacilityUnknown { lpu } => vec![("lpu", lpu.sent.clone())],
        Refusal::CardNotFound { person, lpu } => vec![("guid", person.to_string()), ("lpu", lpu.sent.clone())],
        Refusal::ReferralExpired { until } => vec![("дата", day(*until))],
        Refusal::ReferralUsed(Occupied { who, at })
        | Refusal::SpecialtyLimit(Occupied { who, at })
        | Refusal::PatientOverlap(Occupied { who, at }) => {
            vec![("ФИО", who.clone()), ("Время", day_and_time(*at))]
        }
        _ => Vec::new(),
    }
}

fn free_time(free: &FreeTime) -> FreeTimeDto {
    FreeTimeDto { resource_id: free.resource.to_string(), day: iso_day(free.day), time: minute(free.time) }
}

#[cfg(test)]
mod tests;
