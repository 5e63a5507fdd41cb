//! Which reminders are due by now.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Time};
use talon_domain::{facility::Facility, message::MessageKind, reference::Reference};
use talon_store::ReminderPass;

/// Who booked so shortly before the reminder has just been told.
const JUST_TOLD: SignedDuration = SignedDuration::from_hours(6);

/// The passes that every facility is to have made by now: from `at` o'clock of its own on, for the visits of tomorrow
/// and of this day next week. Until midnight they may be late, for a node that was away; after that the day has gone.
#[must_use]
pub fn passes(reference: &Reference, at: Time, now: Timestamp) -> Vec<ReminderPass> {
    let kinds = [MessageKind::ReminderDay, MessageKind::ReminderWeek];
    let facilities = reference.facilities();
    facilities.flat_map(|facility| kinds.iter().filter_map(|kind| pass(facility, *kind, at, now))).collect()
}

fn pass(facility: &Facility, kind: MessageKind, at: Time, now: Timestamp) -> Option<ReminderPass> {
    let zone = &facility.zone;
    let local = zone.local(now);
    if local.time() < at {
        return None;
    }
    let day = local.date().checked_add(kind.days_ahead()?.days()).ok()?;
    let midnight = |day: jiff::civil::Date| zone.nearest_instant(day.to_datetime(Time::midnight()));
    let booked_before = match kind {
        // More than these days ahead: who booked today was told today.
        MessageKind::ReminderWeek => midnight(local.date())?,
        _ => zone.nearest_instant(local.date().to_datetime(at))?.checked_sub(JUST_TOLD).ok()?,
    };
    let to = midnight(day.tomorrow().ok()?)?;
    Some(ReminderPass { facility: facility.id, kind, day, from: midnight(day)?, to, booked_before })
}

#[cfg(test)]
mod tests {
    use talon_domain::{
        facility::{Mkod, Serves},
        ids::FacilityId,
        zone::Zone,
    };

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn each_facility_has_its_own_evening() {
        let facility = |number: u8, zone: &str| Facility {
            id: FacilityId::from_bytes([number; 16]),
            mkod: Mkod::parse(&number.to_string()).unwrap(),
            name: String::new(),
            serves: Serves::All,
            zone: Zone::parse(zone).unwrap(),
            schedule_days: 14,
            address: None,
            phone: None,
        };
        let facilities = vec![facility(1, "Europe/Moscow"), facility(2, "Asia/Yekaterinburg")];
        let reference = Reference::new(facilities, vec![], vec![], vec![]);
        let six = Time::constant(18, 0, 0, 0);
        let found = |now: &str| passes(&reference, six, at(now));
        assert!(found("2026-04-14T12:59:59Z").is_empty());
        let first = found("2026-04-14T13:00:00Z");
        assert!(first.len() == 2 && first.iter().all(|pass| pass.facility == FacilityId::from_bytes([2; 16])));
        assert_eq!(found("2026-04-14T15:00:00Z").len(), 4);
        assert_eq!(found("2026-04-14T19:30:00Z").len(), 2, "it is midnight in the east");
        let [tomorrow, week] = &first[..] else { panic!("{first:?}") };
        assert_eq!((tomorrow.day.to_string(), week.day.to_string()), ("2026-04-15".into(), "2026-04-21".into()));
        assert_eq!((tomorrow.from, tomorrow.to), (at("2026-04-14T19:00:00Z"), at("2026-04-15T19:00:00Z")));
        assert_eq!(tomorrow.booked_before, at("2026-04-14T07:00:00Z"));
        assert_eq!(week.booked_before, at("2026-04-13T19:00:00Z"));
    }
}
