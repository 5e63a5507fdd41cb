//! A facility's resources and their schedule, as a caller without a referral sees them.

use std::sync::Arc;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};
use talon_domain::{
    audit::{Action, Request},
    booking::{CellView, DayView, Onlooker, Refusal, days},
    facility::{Facility, LpuCode},
    ids::{FacilityId, ResourceKey},
    resource::{Resource, ResourceName, Specialty, SpecialtyCode},
};
use talon_store::{SchedulePage, ScheduleQuery};
use talon_tokens::Identity;

use crate::{App, Failure, Page, ReadRecord};

/// A schedule is shown for at most this many days after the first: an answer's size is bounded whatever
/// facilities publish.
pub const MOST_DAYS: u16 = 31;

/// Which resources of a facility are asked for.
#[derive(Clone, Debug)]
pub struct DoctorsRequest {
    /// The facility.
    pub lpu: LpuCode,
    /// How many days after today; `None` for as many as are open.
    pub days: Option<u16>,
    /// Only those of this specialty.
    pub specialty: Option<SpecialtyCode>,
    /// Only those that have a cell in that time.
    pub only_scheduled: bool,
    /// Which of them.
    pub page: Page,
}

/// A page of a facility's resources.
pub struct DoctorsView {
    /// The facility.
    pub facility: Arc<Facility>,
    /// The resources in the order of their names.
    pub doctors: Vec<DoctorView>,
    /// How many there are on all pages.
    pub total: usize,
}

/// A resource with its schedule.
pub struct DoctorView {
    /// The resource.
    pub resource: Arc<Resource>,
    /// Its specialty.
    pub specialty: Option<Arc<Specialty>>,
    /// The days on which it has cells.
    pub days: Vec<DayView>,
}

/// Which cells of a resource are asked for.
#[derive(Clone, Debug)]
pub struct CellsRequest {
    /// The facility.
    pub lpu: LpuCode,
    /// The resource.
    pub resource: ResourceName,
    /// First day, local to the facility.
    pub from: Date,
    /// Last day, local to the facility.
    pub to: Date,
}

/// A resource's cells.
pub struct CellsView {
    /// The resource.
    pub resource: Arc<Resource>,
    /// The cells in the order of their beginnings.
    pub cells: Vec<CellView>,
}

impl App {
    /// A page of a facility's resources with their schedule from today on.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn doctors(
        &self,
        identity: &Identity,
        asked: &DoctorsRequest,
        request: Request,
    ) -> Result<Result<DoctorsView, Refusal>, Failure> {
        let reference = self.reference();
        let Some(facility) = reference.facility_named(&asked.lpu.name) else {
            return self.refuse_schedule(identity, request, None, facility_unknown(&asked.lpu)).await;
        };
        let (caller, now) = (identity.caller(), self.now());
        let onlooker = Onlooker::new(&caller, facility, now);
        let last = facility.today(now).saturating_add(i32::from(asked.days.unwrap_or(MOST_DAYS)).days());
        let of_specialty =
            |resource: &&Arc<Resource>| asked.specialty.as_ref().is_none_or(|it| *it == resource.specialty);
        let resources = reference.resources_in(facility.id).iter().filter(of_specialty);
        let query = ScheduleQuery {
            resources: resources.map(|resource| resource.key.resource).collect(),
            only_scheduled: asked.only_scheduled,
            skip: asked.page.skip(),
            take: usize::from(asked.page.count),
            ..cells_between(facility, facility.today(now), last.min(onlooker.last_day()), now)
        };
        let found = self.parts.store.schedule(&query).await?;
        let record = ReadRecord { facility: Some(facility.id), ..ReadRecord::of(Action::ReadFreeTimes, "ok") };
        self.record_read(identity, request, record).await?;
        let SchedulePage { resources, total } = found;
        let doctors = resources.into_iter().filter_map(|(id, cells)| {
            let resource = reference.resource(ResourceKey { facility: facility.id, resource: id })?;
            let cells: Vec<_> = cells.into_iter().map(|cell| onlooker.sees(cell)).collect();
            let specialty = reference.specialty(&resource.specialty).cloned();
            Some(DoctorView { resource: Arc::clone(resource), specialty, days: days(&cells) })
        });
        Ok(Ok(DoctorsView { facility: Arc::clone(facility), doctors: doctors.collect(), total }))
    }

    /// A resource's cells on some days.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn cells(
        &self,
        identity: &Identity,
        asked: &CellsRequest,
        request: Request,
    ) -> Result<Result<CellsView, Refusal>, Failure> {
        let reference = self.reference();
        let Some(facility) = reference.facility_named(&asked.lpu.name) else {
            return self.refuse_schedule(identity, request, None, facility_unknown(&asked.lpu)).await;
        };
        let named = asked.resource.within(facility.id).and_then(|key| reference.resource(key));
        let Some(resource) = named else {
            return self.refuse_schedule(identity, request, Some(facility.id), Refusal::ResourceUnknown).await;
        };
        let (caller, now) = (identity.caller(), self.now());
        let onlooker = Onlooker::new(&caller, facility, now);
        let query = ScheduleQuery {
            resources: vec![resource.key.resource],
            take: 1,
            ..cells_between(facility, asked.from, asked.to, now)
        };
        let found = self.parts.store.schedule(&query).await?;
        let record = ReadRecord {
            facility: Some(facility.id),
            object: Some(resource.key.to_string()),
            ..ReadRecord::of(Action::ReadFreeTimes, "ok")
        };
        self.record_read(identity, request, record).await?;
        let cells = found.resources.into_iter().flat_map(|(_, cells)| cells);
        let cells = cells.map(|cell| onlooker.sees(cell)).collect();
        Ok(Ok(CellsView { resource: Arc::clone(resource), cells }))
    }

    async fn refuse_schedule<T>(
        &self,
        identity: &Identity,
        request: Request,
        facility: Option<FacilityId>,
        refusal: Refusal,
    ) -> Result<Result<T, Refusal>, Failure> {
        let record = ReadRecord { facility, ..ReadRecord::of(Action::ReadFreeTimes, refusal.slug()) };
        self.record_read(identity, request, record).await?;
        Ok(Err(refusal))
    }
}

fn facility_unknown(lpu: &LpuCode) -> Refusal {
    Refusal::FacilityUnknown { lpu: lpu.clone() }
}

/// The cells of no resource yet, between the beginning of one day of the facility and the end of another.
fn cells_between(facility: &Facility, from: Date, to: Date, now: Timestamp) -> ScheduleQuery {
    let midnight = |day: Date| facility.zone.nearest_instant(day.to_datetime(Time::midnight()));
    ScheduleQuery {
        facility: facility.id,
        resources: Vec::new(),
        only_scheduled: false,
        skip: 0,
        take: 0,
        from: midnight(from).unwrap_or(Timestamp::MIN),
        to: to.tomorrow().ok().and_then(midnight).unwrap_or(Timestamp::MAX),
        now,
    }
}
