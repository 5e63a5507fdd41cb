//! `GET /iemk/personal`: the person, and the facilities where they have a card.

use serde::Serialize;
use talon_app::{App, KnownAt, Personal};
use talon_domain::audit::Action;
use talon_tokens::Identity;

use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    failure::failed,
    local_text::iso_day,
    model::LpuDto,
    reading::asked,
};

/// Nothing can be asked for: the person is the token's.
pub(crate) async fn personal(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    asked(app, call, &identity, Action::ReadPerson, |_| Ok(())).await?;
    let found = app.personal(&identity, call.request).await.map_err(|failure| failed(&failure, call.request.id))?;
    match found {
        Some(personal) => Ok(Done::of("ok", &PersonalDto::of(&personal))),
        None => Err(Box::new(Problem::of("person-unknown"))),
    }
}

/// The answer's model. The parts of the name are called as a doctor's are.
#[derive(Serialize)]
struct PersonalDto<'a> {
    family: &'a str,
    name: &'a str,
    surname: Option<&'a str>,
    birth_date: String,
    facilities: Vec<KnownAtDto<'a>>,
}

#[derive(Serialize)]
struct KnownAtDto<'a> {
    lpu: LpuDto<'a>,
    self_booking_barred: bool,
}

impl<'a> PersonalDto<'a> {
    fn of(Personal { person, known_at }: &'a Personal) -> Self {
        Self {
            family: &person.family,
            name: &person.given,
            surname: person.patronymic.as_deref(),
            birth_date: iso_day(person.birth_date),
            facilities: known_at.iter().map(KnownAtDto::of).collect(),
        }
    }
}

impl<'a> KnownAtDto<'a> {
    fn of(known_at: &'a KnownAt) -> Self {
        Self { lpu: LpuDto::of(&known_at.facility), self_booking_barred: known_at.self_booking_barred }
    }
}
