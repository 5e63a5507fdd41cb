//! `GET /iemk/doctors/visits`: the person's entries, past and cancelled included.

use serde::Serialize;
use talon_app::{App, EntryView, Page, VisitsView};
use talon_domain::audit::Action;
use talon_tokens::Identity;

use crate::{
    answer::Done,
    call::{Call, Outcome},
    failure::failed,
    local_text::instant,
    model::{EntryDto, SpecialityDto},
    reading::asked,
    shape::read_visits,
};

/// A page of them.
pub(crate) async fn visits(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let asked = asked(app, call, &identity, Action::ReadEntries, read_visits).await?;
    let found = app.visits(&identity, &asked, call.trace).await.map_err(|failure| failed(&failure, call.trace))?;
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
    fn of(view: &'a EntryView) -> Self {
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
        }
    }
}
