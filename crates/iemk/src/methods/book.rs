//! `POST /iemk/directions/entry`: books an appointment by referral.

use talon_app::{App, BookRequest, Limited};
use talon_domain::{audit::Action, booking::BookCommand};
use talon_tokens::Identity;

use super::{
    recorded::recorded,
    visit_data::{refusal, visit_data},
};
use crate::{
    answer::Problem,
    call::{Call, Outcome},
    content_type::is_json,
    failure::failed,
    shape::{ShapeFault, read_booking},
};

/// Steps 1 (after the token) to 6 of the order of checks.
pub(crate) async fn book(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    let command = match app.admit(&identity, call.request.from) {
        Ok(()) => match read(call).await {
            Ok(asked) => app.book_command(&identity, asked, request),
            Err(problem) => return Err(recorded(app, request, &identity, Action::Book, problem).await),
        },
        Err(limited) => over_the_limit(app, call, &identity, limited).await?,
    };
    answer(app, command).await
}

/// Books, and answers what became of it.
pub(super) async fn answer(app: &App, command: BookCommand) -> Outcome {
    let request = command.request;
    match app.book(command).await.map_err(|failure| failed(&failure, request.id))? {
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
    read_booking(&call.headers, &body).map_err(shape)
}

/// What a faulty shape is answered.
pub(super) fn shape(fault: ShapeFault) -> Box<Problem> {
    Box::new(match fault {
        ShapeFault::Empty => Problem::of("time-or-resource-empty"),
        ShapeFault::PairIncomplete => Problem::of("referral-pair-incomplete"),
        ShapeFault::Faulty(errors) => Problem::validation(errors),
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
    let command = app.book_command(identity, asked, call.request);
    match app.is_repetition(&command).await.map_err(|failure| failed(&failure, call.request.id))? {
        true => Ok(command),
        false => Err(Box::new(too_many(limited))),
    }
}

/// Lets the caller in, or says when to come again.
pub(crate) fn admitted(app: &App, call: &Call, identity: &Identity) -> Result<(), Box<Problem>> {
    app.admit(identity, call.request.from).map_err(|limited| Box::new(too_many(limited)))
}

pub(crate) fn too_many(limited: Limited) -> Problem {
    // Rounded up: one who comes back at the second named is let in.
    let seconds = limited.retry_after.as_millis().div_ceil(1000).max(1);
    Problem { retry_after: u64::try_from(seconds).ok(), ..Problem::of("too-many-requests") }
}
