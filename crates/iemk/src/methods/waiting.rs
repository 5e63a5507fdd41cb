//! `POST` and `GET /waitinglist`, `DELETE /waitinglist/{id}`: waiting for a time.

use jiff::Timestamp;
use serde::Serialize;
use talon_app::{App, Refused, WaitRequest};
use talon_domain::{audit::Action, booking::Hold, ids::ResourceKey, reference::Reference};
use talon_store::PlaceInLine;
use talon_tokens::Identity;

use super::{book::admitted, recorded::recorded, visit_data::refusal};
use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    content_type::is_json,
    failure::failed,
    local_text::{instant, iso_day, minute},
    model::{LpuDto, SpecialityDto},
    reading::asked,
    shape::{WaitFault, read_wait, read_waiting_id},
};

const WITHDRAWN: (&str, &str) = ("Заявка снята с листа ожидания", "The place on the waiting list is given up");

/// Refused as booking would be, where no time could be booked anyway.
pub(crate) async fn join(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    admitted(app, call, &identity)?;
    let asked = match read(call).await {
        Ok(asked) => asked,
        Err(problem) => return Err(recorded(app, request, &identity, Action::Wait, problem).await),
    };
    match app.wait(&identity, asked, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(place) => Ok(Done::of("ok", &PlaceDto::of(&place))),
        // Another time would not help: it is waited for because there is none.
        Err(reason) => Err(Box::new(refusal(Refused { refusal: reason, alternatives: None }))),
    }
}

async fn read(call: &mut Call) -> Result<WaitRequest, Box<Problem>> {
    if !is_json(&call.headers) {
        return Err(Box::new(Problem::of("content-type-unsupported")));
    }
    let body = call.body().await?;
    read_wait(&body).map_err(|fault| match fault {
        WaitFault::ReferralInPart => Box::new(Problem::of("referral-pair-incomplete")),
        WaitFault::Faulty(errors) => Box::new(Problem::validation(errors)),
    })
}

/// Nothing can be asked for: the places are the token's person's.
pub(crate) async fn list(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    asked(app, call, &identity, Action::ReadWaiting, |_| Ok(())).await?;
    let places = app.waiting(&identity, call.request).await.map_err(|failure| failed(&failure, call.request.id))?;
    let (reference, now) = (app.reference(), app.now());
    // A place whose facility was imported within this second is passed over: it is not known here yet.
    let items = places.iter().filter_map(|place| ItemDto::of(place, &reference, now)).collect();
    Ok(Done::of("ok", &ListDto { items }))
}

/// A place that is given up already is answered alike: a repeated request after a lost answer is not an error.
pub(crate) async fn withdraw(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    admitted(app, call, &identity)?;
    let waiting = match read_waiting_id(call.segment("id")) {
        Ok(waiting) => waiting,
        Err(errors) => {
            let problem = Box::new(Problem::validation(errors));
            return Err(recorded(app, request, &identity, Action::Withdraw, problem).await);
        }
    };
    match app.withdraw(&identity, waiting, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(()) => Ok(Done::standard(WITHDRAWN, call)),
        Err(refusal) => Err(Box::new(Problem::of(refusal.slug()))),
    }
}

/// A place in line.
#[derive(Serialize)]
struct PlaceDto {
    #[serde(rename = "Waiting_id")]
    waiting_id: String,
    #[serde(rename = "Position")]
    position: Option<u32>,
    #[serde(rename = "Due")]
    due: Option<String>,
    #[serde(rename = "State")]
    state: &'static str,
}

impl PlaceDto {
    fn of(place: &PlaceInLine) -> Self {
        Self {
            waiting_id: place.waiting.key.to_string(),
            position: place.position,
            due: place.waiting.due.map(iso_day),
            state: place.waiting.state.code(),
        }
    }
}

#[derive(Serialize)]
struct ListDto<'a> {
    items: Vec<ItemDto<'a>>,
}

/// A place in line with what is waited for.
#[derive(Serialize)]
struct ItemDto<'a> {
    #[serde(flatten)]
    place: PlaceDto,
    lpu: LpuDto<'a>,
    speciality: SpecialityDto<'a>,
    resource_id: Option<String>,
    direction_id: Option<String>,
    date_from: String,
    date_to: String,
    time_from: String,
    time_to: String,
    since: String,
    offer: Option<OfferDto>,
}

/// The time that is held for the person now. Its hold is booked or given up like any other.
#[derive(Serialize)]
struct OfferDto {
    #[serde(rename = "Hold_id")]
    hold_id: String,
    resource_id: String,
    day: String,
    time: String,
    #[serde(rename = "Expires")]
    expires: String,
    #[serde(rename = "Expires_in")]
    expires_in: i64,
}

impl<'a> ItemDto<'a> {
    fn of(place: &'a PlaceInLine, reference: &'a Reference, now: Timestamp) -> Option<Self> {
        let waiting = &place.waiting;
        let facility = reference.facility(waiting.key.facility)?;
        let resource = |resource| ResourceKey { facility: facility.id, resource }.to_string();
        let offer = |hold: &Hold| {
            let local = facility.zone.local(hold.start);
            OfferDto {
                hold_id: hold.key.to_string(),
                resource_id: resource(hold.resource),
                day: iso_day(local.date()),
                time: minute(local.time()),
                expires: instant(hold.expires),
                expires_in: hold.expires.duration_since(now).as_secs().max(0),
            }
        };
        Some(Self {
            place: PlaceDto::of(place),
            lpu: LpuDto::of(facility),
            speciality: SpecialityDto::of(
                &waiting.specialty,
                reference.specialty(&waiting.specialty).map(AsRef::as_ref),
            ),
            resource_id: waiting.resource.map(resource),
            direction_id: waiting.referral.map(|referral| referral.to_string()),
            date_from: iso_day(waiting.dates.0),
            date_to: iso_day(waiting.dates.1),
            time_from: minute(waiting.times.0),
            time_to: minute(waiting.times.1),
            since: instant(waiting.since),
            offer: place.offer.as_ref().map(offer),
        })
    }
}
