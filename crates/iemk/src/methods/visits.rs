//! `GET /iemk/doctors/visits`: the person's entries, past and cancelled included.

use serde::Serialize;
use talon_app::{App, Page, PastView, VisitView, VisitsView};
use talon_domain::{
    audit::Action,
    facility::Facility,
    history::{CancelReason, Cancellation},
    ids::ResourceKey,
};
use talon_tokens::Identity;

use crate::{
    answer::Done,
    call::{Call, Outcome},
    failure::failed,
    local_text::{instant, iso_day, minute},
    model::{DoctorDto, EntryDto, LpuDto, SpecialityDto},
    reading::asked,
    shape::read_visits,
};

/// A page of them.
pub(crate) async fn visits(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let asked = asked(app, call, &identity, Action::ReadEntries, read_visits).await?;
    let found =
        app.visits(&identity, &asked, call.request).await.map_err(|failure| failed(&failure, call.request.id))?;
    Ok(Done::of("ok", &VisitsDto::of(&found, asked.page)))
}

/// The answer's model.
#[derive(Serialize)]
struct VisitsDto<'a> {
    visits: Vec<VisitDto<'a>>,
    page: u16,
    count: u16,
    total: usize,
}

#[derive(Serialize)]
struct VisitDto<'a> {
    #[serde(flatten)]
    entry: EntryDto<'a>,
    minutes: u16,
    speciality: SpecialityDto<'a>,
    direction_id: Option<String>,
    state: &'static str,
    booked_at: String,
    can_cancel: bool,
    can_move: bool,
    cancelled: Option<CancelledDto<'a>>,
    history: Vec<PastDto<'a>>,
}

/// When and why an entry was cancelled.
#[derive(Serialize)]
struct CancelledDto<'a> {
    at: String,
    reason_code: Option<u8>,
    reason: Option<&'a str>,
}

/// What an entry was before it was moved.
#[derive(Serialize)]
struct PastDto<'a> {
    version: u32,
    #[serde(rename = "Ticket")]
    ticket: &'a str,
    day: String,
    time: String,
    minutes: u16,
    lpu: LpuDto<'a>,
    doctor: DoctorDto<'a>,
    moved_at: String,
}

impl<'a> VisitsDto<'a> {
    fn of(found: &'a VisitsView, page: Page) -> Self {
        Self {
            visits: found.visits.iter().map(VisitDto::of).collect(),
            page: page.number,
            count: page.count,
            total: found.total,
        }
    }
}

impl<'a> VisitDto<'a> {
    fn of(VisitView { entry: view, cancelled, history }: &'a VisitView) -> Self {
        let entry = &view.entry;
        Self {
            entry: EntryDto::of(view),
            minutes: entry.minutes,
            speciality: SpecialityDto::of(&entry.specialty, view.specialty.as_deref()),
            direction_id: entry.referral.map(|referral| referral.to_string()),
            state: entry.state.code(),
            booked_at: instant(entry.booked_at),
            can_cancel: view.can_cancel,
            can_move: view.can_move,
            cancelled: cancelled.as_ref().map(CancelledDto::of),
            history: history.iter().map(|past| PastDto::of(past, &view.facility)).collect(),
        }
    }
}

impl<'a> CancelledDto<'a> {
    fn of(Cancellation { reason, at, .. }: &'a Cancellation) -> Self {
        Self {
            at: instant(*at),
            reason_code: reason.as_ref().map(CancelReason::code),
            reason: reason.as_ref().and_then(CancelReason::text),
        }
    }
}

impl<'a> PastDto<'a> {
    /// A move does not leave the facility.
    fn of(PastView { was, resource }: &'a PastView, facility: &'a Facility) -> Self {
        let local = facility.zone.local(was.start);
        let key = ResourceKey { facility: facility.id, resource: was.resource };
        Self {
            version: was.version,
            ticket: &was.ticket.0,
            day: iso_day(local.date()),
            time: minute(local.time()),
            minutes: was.minutes,
            lpu: LpuDto::of(facility),
            doctor: DoctorDto::of(key, resource.as_deref()),
            moved_at: instant(was.until),
        }
    }
}
