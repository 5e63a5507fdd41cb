//! `POST /visit/{lpuGuid}`: books an appointment without a referral, or under one that is named with its
//! kind.

use talon_app::{App, VisitRequest};
use talon_domain::audit::Action;
use talon_tokens::Identity;

use super::{
    book::{answer, shape, too_many},
    recorded::recorded,
};
use crate::{
    answer::Problem,
    call::{Call, Outcome},
    content_type::is_json,
    failure::failed,
    shape::read_visit,
};

/// A 429 never stands in for an exact repetition, so one who is over the limit is read all the same;
/// whatever else is wrong with the request, the limit comes first.
pub(crate) async fn visit(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    let limited = app.admit(&identity, call.request.from).err();
    let asked = match (read(call).await, limited) {
        (Ok(asked), _) => asked,
        (Err(problem), Some(limited)) => {
            return Err(Box::new(Problem { close: problem.close, ..too_many(limited) }));
        }
        (Err(problem), None) => return Err(recorded(app, request, &identity, Action::Book, problem).await),
    };
    let asked = app.visit_request(asked).await.map_err(|failure| failed(&failure, request.id))?;
    let command = app.book_command(&identity, asked, request);
    if let Some(limited) = limited
        && !app.is_repetition(&command).await.map_err(|failure| failed(&failure, request.id))?
    {
        return Err(Box::new(too_many(limited)));
    }
    answer(app, command).await
}

async fn read(call: &mut Call) -> Result<VisitRequest, Box<Problem>> {
    if !is_json(&call.headers) {
        return Err(Box::new(Problem::of("content-type-unsupported")));
    }
    let body = call.body().await?;
    read_visit(call.segment("lpuGuid"), &call.headers, &body).map_err(shape)
}
