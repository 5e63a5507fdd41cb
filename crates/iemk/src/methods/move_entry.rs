//! `POST /iemk/doctors/visit/{entry}/move`: moves an appointment to another time.

use talon_app::{App, MoveRequest, NotMoved};
use talon_domain::audit::Action;
use talon_tokens::Identity;

use super::{
    book::{admitted, shape},
    cancel,
    recorded::recorded,
    visit_data::{refusal, visit_data},
};
use crate::{
    answer::Problem,
    call::{Call, Outcome},
    content_type::is_json,
    failure::failed,
    shape::read_move,
};

/// An entry that is there already is answered alike: a repeated request after a lost answer is not an
/// error.
pub(crate) async fn move_entry(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    admitted(app, call, &identity)?;
    let asked = match read(call).await {
        Ok(asked) => asked,
        Err(problem) => return Err(recorded(app, request, &identity, Action::Move, problem).await),
    };
    match app.move_entry(&identity, asked, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(moved) => Ok(visit_data(&moved)),
        Err(NotMoved::Entry(unchanged)) => Err(Box::new(cancel::refusal(app, call.language, unchanged))),
        Err(NotMoved::Time(refused)) => Err(Box::new(refusal(refused))),
    }
}

async fn read(call: &mut Call) -> Result<MoveRequest, Box<Problem>> {
    if !is_json(&call.headers) {
        return Err(Box::new(Problem::of("content-type-unsupported")));
    }
    let body = call.body().await?;
    read_move(call.segment("entry"), &body).map_err(shape)
}
