//! `POST /iemk/directions/hold`, `POST /iemk/directions/hold/{id}/extend`, `DELETE /iemk/directions/hold/{id}`: holds
//! a time for a while, longer, no longer.

use jiff::Timestamp;
use serde::Serialize;
use talon_app::App;
use talon_domain::{
    audit::Action,
    booking::{Hold, HoldTerms},
    ids::HoldKey,
};
use talon_tokens::Identity;

use super::{
    book::{admitted, shape},
    recorded::recorded,
    visit_data::refusal,
};
use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    content_type::is_json,
    failure::failed,
    local_text::instant,
    shape::{read_hold, read_hold_id},
};

const RELEASED: (&str, &str) = ("Время больше не забронировано", "The time is not held any more");

/// Refused as booking the time would be.
pub(crate) async fn hold(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    admitted(app, call, &identity)?;
    let asked = match read(call).await {
        Ok(asked) => asked,
        Err(problem) => return Err(recorded(app, request, &identity, Action::Hold, problem).await),
    };
    match app.hold(&identity, asked, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(kept) => {
            let word = if kept.repeated { "repeated" } else { "ok" };
            Ok(Done::of(word, &HoldDto::of(&kept.hold, &app.hold_terms(), app.now())))
        }
        Err(refused) => Err(Box::new(refusal(refused))),
    }
}

async fn read(call: &mut Call) -> Result<talon_app::BookRequest, Box<Problem>> {
    if !is_json(&call.headers) {
        return Err(Box::new(Problem::of("content-type-unsupported")));
    }
    let body = call.body().await?;
    read_hold(&body).map_err(shape)
}

/// There is nothing to say in a body.
pub(crate) async fn extend(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    let hold = hold_id(app, call, &identity, Action::Hold).await?;
    match app.extend_hold(&identity, hold, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(hold) => Ok(Done::of("ok", &HoldDto::of(&hold, &app.hold_terms(), app.now()))),
        Err(refusal) => Err(Box::new(Problem::of(refusal.slug()))),
    }
}

/// A hold that is given up already is answered alike: a repeated request after a lost answer is not an error.
pub(crate) async fn release(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    let hold = hold_id(app, call, &identity, Action::Release).await?;
    match app.release_hold(&identity, hold, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(()) => Ok(Done::standard(RELEASED, call)),
        Err(refusal) => Err(Box::new(Problem::of(refusal.slug()))),
    }
}

/// Lets the caller in and reads which hold it is about.
async fn hold_id(app: &App, call: &mut Call, identity: &Identity, action: Action) -> Result<HoldKey, Box<Problem>> {
    admitted(app, call, identity)?;
    match read_hold_id(call.segment("id")) {
        Ok(hold) => Ok(hold),
        Err(errors) => Err(recorded(app, call.request, identity, action, Box::new(Problem::validation(errors))).await),
    }
}

/// A time that is held.
#[derive(Serialize)]
struct HoldDto {
    #[serde(rename = "Hold_id")]
    hold_id: String,
    #[serde(rename = "Expires")]
    expires: String,
    #[serde(rename = "Expires_in")]
    expires_in: i64,
    #[serde(rename = "Extensions_left")]
    extensions_left: u16,
}

impl HoldDto {
    fn of(hold: &Hold, terms: &HoldTerms, now: Timestamp) -> Self {
        // An offer has a time of its own.
        let extensions = if hold.waiting.is_some() { 0 } else { terms.extensions };
        Self {
            hold_id: hold.key.to_string(),
            expires: instant(hold.expires),
            expires_in: hold.expires.duration_since(now).as_secs().max(0),
            extensions_left: extensions.saturating_sub(hold.extended),
        }
    }
}
