//! `GET /iemk/doctors`: a facility's resources with their schedule.

use serde::Serialize;
use talon_app::{App, DoctorView, DoctorsView, Page};
use talon_domain::{
    audit::Action,
    booking::{Busy, DayView},
    facility::Facility,
};
use talon_tokens::Identity;

use super::visit_data::fillings;
use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    failure::failed,
    local_text::{iso_day, minute},
    model::LpuDto,
    reading::asked,
    shape::read_doctors,
};

/// A page of them.
pub(crate) async fn doctors(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let asked = asked(app, call, &identity, Action::ReadFreeTimes, read_doctors).await?;
    match app.doctors(&identity, &asked, call.request).await.map_err(|failure| failed(&failure, call.request.id))? {
        Ok(found) => Ok(Done::of("ok", &DoctorsDto::of(&found, asked.page))),
        Err(refusal) => Err(Box::new(Problem { fillings: fillings(&refusal), ..Problem::of(refusal.slug()) })),
    }
}

/// The answer's model (family).
#[derive(Serialize)]
struct DoctorsDto<'a> {
    items: Vec<ItemDto<'a>>,
    page: u16,
    count: u16,
    total: usize,
}

#[derive(Serialize)]
struct ItemDto<'a> {
    lpu: LpuDto<'a>,
    doctors: Vec<DoctorDto<'a>>,
}

#[derive(Serialize)]
struct DoctorDto<'a> {
    id: String,
    #[serde(rename = "displayName")]
    display_name: &'a str,
    family: Option<&'a str>,
    name: Option<&'a str>,
    surname: Option<&'a str>,
    position: &'a str,
    room: Option<&'a str>,
    r#type: &'static str,
    schedule: Vec<DayDto>,
}

#[derive(Serialize)]
struct DayDto {
    date: String,
    time_from: String,
    time_to: String,
    count_tickets: u32,
    #[serde(rename = "docBusyType")]
    doc_busy_type: u8,
}

impl<'a> DoctorsDto<'a> {
    fn of(found: &'a DoctorsView, page: Page) -> Self {
        let facility: &Facility = &found.facility;
        let doctors: Vec<_> = found.doctors.iter().map(DoctorDto::of).collect();
        let items = match doctors.is_empty() {
            true => Vec::new(),
            false => vec![ItemDto { lpu: LpuDto::of(facility), doctors }],
        };
        Self { items, page: page.number, count: page.count, total: found.total }
    }
}

impl<'a> DoctorDto<'a> {
    fn of(view: &'a DoctorView) -> Self {
        let resource = &view.resource;
        let name = resource.full_name();
        Self {
            id: resource.key.to_string(),
            display_name: &resource.name,
            family: name.map(|name| name.family),
            name: name.and_then(|name| name.given),
            surname: name.and_then(|name| name.patronymic),
            position: view.specialty.as_ref().map_or(&resource.specialty.0, |specialty| &specialty.name),
            room: resource.room.as_deref(),
            r#type: resource.kind.code(),
            schedule: view.days.iter().map(DayDto::of).collect(),
        }
    }
}

impl DayDto {
    fn of(view: &DayView) -> Self {
        Self {
            date: iso_day(view.day),
            time_from: minute(view.from),
            time_to: minute(view.to),
            count_tickets: view.places,
            doc_busy_type: match view.busy {
                Busy::Free => 0,
                Busy::Taken => 1,
                Busy::NotOpen => 2,
                Busy::Over => 3,
            },
        }
    }
}
