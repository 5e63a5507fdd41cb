//! A person's entries: those ahead, those of the past, and what became of them.

use std::sync::Arc;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use talon_domain::{
    audit::{Action, Request},
    entry::{Entry, EntryState},
    facility::Facility,
    history::{Cancellation, EntryVersion},
    ids::ResourceKey,
    reference::Reference,
    resource::{Resource, Specialty},
};
use talon_store::{EntriesQuery, Past};
use talon_tokens::Identity;

use crate::{App, Failure, Page, ReadRecord};

/// No place is further from UTC than this.
const FURTHEST_ZONE: SignedDuration = SignedDuration::from_hours(15);

/// Which of their entries a person asks for.
#[derive(Clone, Copy, Debug)]
pub struct VisitsRequest {
    /// First day, local to each entry's facility.
    pub from: Option<Date>,
    /// Last day, likewise.
    pub to: Option<Date>,
    /// What became of them.
    pub state: Option<EntryState>,
    /// Which of them.
    pub page: Page,
}

/// A page of a person's entries.
pub struct VisitsView {
    /// The entries, those that begin last first.
    pub visits: Vec<VisitView>,
    /// How many there are on all pages.
    pub total: usize,
}

/// An entry with its past.
pub struct VisitView {
    /// The entry.
    pub entry: EntryView,
    /// When and why it was cancelled, if it is and that is known.
    pub cancelled: Option<Cancellation>,
    /// What it was before each time that it was moved, the first first.
    pub history: Vec<PastView>,
}

/// What an entry was before it was moved.
pub struct PastView {
    /// It.
    pub was: EntryVersion,
    /// With whom or what; `None` when it is not known any more.
    pub resource: Option<Arc<Resource>>,
}

impl VisitView {
    /// The past is read after the entries, so what has happened in between is left out of it.
    fn of(entry: EntryView, past: &Past, reference: &Reference) -> Self {
        let Entry { key, state, version, .. } = entry.entry;
        let cancelled = past.cancellations.iter().find(|it| it.entry == key && state == EntryState::Cancelled);
        let was = past.versions.iter().filter(|was| was.entry == key && was.version < version);
        let mut history: Vec<_> = was
            .map(|was| {
                let resource = ResourceKey { facility: key.facility, resource: was.resource };
                PastView { was: was.clone(), resource: reference.resource(resource).cloned() }
            })
            .collect();
        history.sort_by_key(|past| past.was.version);
        Self { cancelled: cancelled.cloned(), history, entry }
    }
}

/// An entry with what is known of its facility, resource and specialty.
pub struct EntryView {
    /// The entry.
    pub entry: Entry,
    /// Its facility.
    pub facility: Arc<Facility>,
    /// With whom or what; `None` when it is not known any more.
    pub resource: Option<Arc<Resource>>,
    /// The specialty it counts for, likewise.
    pub specialty: Option<Arc<Specialty>>,
    /// Whether its owner could cancel it now.
    pub can_cancel: bool,
    /// Whether its owner could move it now.
    pub can_move: bool,
}

impl EntryView {
    /// `None` while the entry's facility is not known yet, which can be for a second after an import.
    /// `may_change` says whether the caller could cancel or move an entry.
    pub(crate) fn of(entry: Entry, reference: &Reference, may_change: impl Fn(&Entry) -> bool) -> Option<Self> {
        let facility = Arc::clone(reference.facility(entry.key.facility)?);
        let key = ResourceKey { facility: facility.id, resource: entry.resource };
        let can_change = may_change(&entry);
        Some(Self {
            resource: reference.resource(key).cloned(),
            specialty: reference.specialty(&entry.specialty).cloned(),
            can_cancel: can_change,
            can_move: can_change,
            facility,
            entry,
        })
    }

    fn day(&self) -> Date {
        self.facility.zone.day(self.entry.start)
    }
}

impl App {
    /// A page of the person's entries.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn visits(
        &self,
        identity: &Identity,
        asked: &VisitsRequest,
        request: Request,
    ) -> Result<VisitsView, Failure> {
        let now = self.now();
        let found = self.parts.store.entries(&query(identity, asked)).await?;
        self.record_read(identity, request, ReadRecord::of(Action::ReadEntries, "ok")).await?;
        let reference = self.reference();
        let wanted = |view: &EntryView| {
            asked.from.is_none_or(|from| view.day() >= from) && asked.to.is_none_or(|to| view.day() <= to)
        };
        let changeable = self.changeable(identity, found.iter(), now).await?;
        let may_change = |entry: &Entry| changeable.contains(&entry.key);
        let known = found.into_iter().filter_map(|entry| EntryView::of(entry, &reference, may_change));
        let visits: Vec<_> = known.filter(wanted).collect();
        let total = visits.len();
        let visits = asked.page.of(visits);
        let shown: Vec<_> = visits.iter().map(|view| view.entry.clone()).collect();
        let past = self.parts.store.past(identity.person, &shown).await?;
        let visits = visits.into_iter().map(|entry| VisitView::of(entry, &past, &reference)).collect();
        Ok(VisitsView { visits, total })
    }
}

/// The instants between which the days asked for lie, wherever the facilities are. Which of the entries
/// there are on those days only their facilities can tell.
fn query(identity: &Identity, asked: &VisitsRequest) -> EntriesQuery {
    let midnight = |day: Date| TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok();
    let from = asked.from.and_then(midnight).and_then(|from| from.checked_sub(FURTHEST_ZONE).ok());
    let after = asked.to.and_then(|to| to.tomorrow().ok()).and_then(midnight);
    let to = after.and_then(|to| to.checked_add(FURTHEST_ZONE).ok());
    EntriesQuery {
        person: identity.person,
        from: from.unwrap_or(Timestamp::MIN),
        to: to.unwrap_or(Timestamp::MAX),
        state: asked.state,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use talon_domain::{access::Channel, ids::PersonId};

    use super::*;

    fn bounds(from: Option<Date>, to: Option<Date>) -> (Timestamp, Timestamp) {
        let identity = Identity { person: PersonId::from_bytes([1; 16]), client: None, channel: Channel::Internet };
        let page = Page { number: 1, count: 20 };
        let query = query(&identity, &VisitsRequest { from, to, state: None, page });
        (query.from, query.to)
    }

    #[test]
    fn a_day_is_covered_wherever_it_is_lived() {
        let day = date(2026, 4, 14);
        let (from, to) = bounds(Some(day), Some(day));
        for zone in ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Moscow"] {
            let zone = TimeZone::get(zone).unwrap();
            let first = zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
            let last = zone.to_timestamp(day.at(23, 59, 59, 0)).unwrap();
            assert!(from <= first && last < to);
        }
    }

    #[test]
    fn the_first_and_the_last_day_of_the_calendar_have_no_bound() {
        assert_eq!(bounds(Some(Date::MIN), Some(Date::MAX)), (Timestamp::MIN, Timestamp::MAX));
        assert_eq!(bounds(None, None), (Timestamp::MIN, Timestamp::MAX));
    }
}
