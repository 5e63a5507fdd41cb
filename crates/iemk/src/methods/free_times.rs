//! `GET /iemk/doctors/directions`: what could be booked under a referral.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use talon_app::{App, Refused};
use talon_domain::{
    audit::Action,
    booking::{DayTimes, FacilityTimes, ResourceTimes},
    facility::Facility,
    ids::ReferralKey,
};
use talon_tokens::Identity;

use super::visit_data::refusal;
use crate::{
    answer::Done,
    call::{Call, Outcome},
    failure::failed,
    local_text::{Minute, iso_day, minute},
    model::LpuDto,
    reading::asked,
    shape::read_free_times,
};

/// Lists them, those first that are earliest.
pub(crate) async fn free_times(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let asked = asked(app, call, &identity, Action::ReadFreeTimes, read_free_times).await?;
    let referral = asked.referral;
    let found = app
        .list_free_times(&identity, asked, call.request)
        .await
        .map_err(|failure| failed(&failure, call.request.id))?;
    match found {
        Ok(listed) => Ok(Done::of("ok", &FreeTimesDto::of(referral, &listed))),
        Err(found) => Err(Box::new(refusal(Refused { refusal: found, alternatives: None }))),
    }
}

/// The answer's model. `count_tickets` counts free places.
#[derive(Serialize)]
struct FreeTimesDto<'a> {
    direction_id: String,
    count_tickets: u64,
    earliest: Option<EarliestDto<'a>>,
    lpus: Vec<FacilityDto<'a>>,
}

/// The first time of all, as the next request would name it.
#[derive(Serialize)]
struct EarliestDto<'a> {
    resource_id: String,
    lpu: LpuDto<'a>,
    day: String,
    time: String,
}

#[derive(Serialize)]
struct FacilityDto<'a> {
    #[serde(flatten)]
    lpu: LpuDto<'a>,
    count_tickets: u64,
    doctors: Vec<ResourceDto<'a>>,
}

#[derive(Serialize)]
struct ResourceDto<'a> {
    resource_id: String,
    #[serde(rename = "displayName")]
    display_name: &'a str,
    room: Option<&'a str>,
    r#type: &'static str,
    count_tickets: u64,
    days: Vec<DayDto<'a>>,
}

#[derive(Serialize)]
struct DayDto<'a> {
    date: String,
    count_tickets: u64,
    times: Minutes<'a>,
}

/// Times of a day: there may be thousands in an answer, so none becomes a text of its own.
struct Minutes<'a>(&'a DayTimes);

impl Serialize for Minutes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.times.iter().map(|(time, _)| Minute::of(*time)))
    }
}

impl<'a> FreeTimesDto<'a> {
    fn of(referral: ReferralKey, listed: &'a [FacilityTimes]) -> Self {
        let lpus: Vec<_> = listed.iter().map(FacilityDto::of).collect();
        Self {
            direction_id: referral.to_string(),
            count_tickets: lpus.iter().map(|lpu| lpu.count_tickets).sum(),
            earliest: listed.first().and_then(EarliestDto::of),
            lpus,
        }
    }
}

impl<'a> EarliestDto<'a> {
    /// Of the first facility: its first resource is free earliest.
    fn of(FacilityTimes { facility, resources }: &'a FacilityTimes) -> Option<Self> {
        let first = resources.first()?;
        let day = first.days.first()?;
        let (time, _) = day.times.first()?;
        Some(Self {
            resource_id: first.resource.key.to_string(),
            lpu: LpuDto::of(facility),
            day: iso_day(day.day),
            time: minute(*time),
        })
    }
}

impl<'a> FacilityDto<'a> {
    fn of(FacilityTimes { facility, resources }: &'a FacilityTimes) -> Self {
        let facility: &'a Arc<Facility> = facility;
        let doctors: Vec<_> = resources.iter().map(ResourceDto::of).collect();
        let count_tickets = doctors.iter().map(|doctor| doctor.count_tickets).sum();
        Self { lpu: LpuDto::of(facility), count_tickets, doctors }
    }
}

impl<'a> ResourceDto<'a> {
    fn of(ResourceTimes { resource, days }: &'a ResourceTimes) -> Self {
        let days: Vec<_> = days.iter().map(DayDto::of).collect();
        Self {
            resource_id: resource.key.to_string(),
            display_name: &resource.name,
            room: resource.room.as_deref(),
            r#type: resource.kind.code(),
            count_tickets: days.iter().map(|day| day.count_tickets).sum(),
            days,
        }
    }
}

impl<'a> DayDto<'a> {
    fn of(day: &'a DayTimes) -> Self {
        let count_tickets = day.times.iter().map(|(_, places)| u64::from(*places)).sum();
        Self { date: iso_day(day.day), count_tickets, times: Minutes(day) }
    }
}
