use jiff::{Timestamp, civil::date};
use talon_domain::{
    entry::{EntryState, Ticket as Number},
    facility::{Mkod, Serves},
    ids::{EntryId, EntryKey, FacilityId, PersonId, ResourceId, ResourceKey, SlotId},
    resource::{ResourceKind, SpecialtyCode},
    slot::Ages,
    zone::Zone,
};

use super::*;

/// In every field that reaches a ticket: markup, quotes, separators of iCalendar, line ends.
const NASTY: &str = "<script>alert('1')</script>\"&;,\\n\r\nATTENDEE:mailto:x@y.z\u{7}";

struct World {
    facility: Facility,
    resource: Resource,
    specialty: Specialty,
    entry: Entry,
}

fn world(name: &str, zone: &str) -> World {
    let id = FacilityId::from_bytes([1; 16]);
    let key = ResourceKey { facility: id, resource: ResourceId::from_bytes([2; 16]) };
    let zone = Zone::parse(zone).unwrap();
    let start = zone.instant(date(2026, 4, 14).at(9, 20, 0, 0)).unwrap();
    World {
        facility: Facility {
            id,
            mkod: Mkod::parse("0100103").unwrap(),
            name: name.to_owned(),
            serves: Serves::All,
            zone,
            schedule_days: 14,
            address: Some(name.to_owned()),
            phone: Some("+7 4812 00-00-00".to_owned()),
        },
        resource: Resource {
            key,
            kind: ResourceKind::Doctor,
            name: name.to_owned(),
            specialty: SpecialtyCode("53".to_owned()),
            room: Some("214".to_owned()),
            ages: Ages::default(),
        },
        specialty: Specialty { code: SpecialtyCode("53".to_owned()), name: name.to_owned(), letter: "Н".to_owned() },
        entry: Entry {
            key: EntryKey { facility: id, entry: EntryId::from_bytes([3; 16]) },
            person: PersonId::from_bytes([4; 16]),
            referral: None,
            resource: key.resource,
            slot: SlotId::from_bytes([5; 16]),
            place: 1,
            specialty: SpecialtyCode("53".to_owned()),
            start,
            minutes: 20,
            ticket: Number("Н-047".to_owned()),
            state: EntryState::Booked,
            version: 1,
            booked_at: "2026-04-13T06:00:00Z".parse().unwrap(),
            client: None,
            channel: None,
        },
    }
}

impl World {
    fn ticket(&self) -> Ticket<'_> {
        Ticket {
            entry: &self.entry,
            facility: &self.facility,
            resource: Some(&self.resource),
            specialty: Some(&self.specialty),
            referral: Some("26-004100"),
            link: "https://talon.example/t/abc",
            now: "2026-04-13T06:00:00Z".parse::<Timestamp>().unwrap(),
        }
    }
}

/// The lines of a calendar as RFC 5545 reads them: folds undone, each with its name and value.
fn read(text: &str) -> Vec<(String, String)> {
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded.strip_suffix("\r\n").unwrap().split("\r\n");
    let pairs = lines.map(|line| line.split_once(':').unwrap_or_else(|| panic!("no property: {line}")));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The one value of a property of the event.
fn value(text: &str, name: &str) -> String {
    let lines = read(text);
    let within = lines.iter().skip_while(|line| line.1 != "VEVENT").take_while(|line| line.1 != "VALARM");
    let mut values = within.filter(|line| line.0 == name).map(|line| line.1.clone());
    let one = values.next().unwrap_or_else(|| panic!("no {name}: {text}"));
    assert_eq!(values.next(), None, "{name} twice");
    one
}

#[test]
fn a_page_says_everything_that_a_patient_needs() {
    let world = world("Поликлиника № 3", "Europe/Samara");
    let page = page(&world.ticket(), Paper::A5, Language::Russian);
    for said in [
        "Н-047",
        "вторник, 14 апреля 2026 года",
        "<strong>09:20</strong>",
        "214",
        "+7 4812",
        "…4100",
        "13.04.2026 10:00",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("class=\"code\"") && !page.contains("26-004100"));
    let english = super::page(&world.ticket(), Paper::Roll80, Language::English);
    assert!(english.contains("Tuesday, 14 April 2026") && english.contains("class=\"roll80\""), "{english}");
}

#[test]
fn what_is_over_says_so_first_and_has_no_code() {
    let mut world = world("Поликлиника № 3", "Europe/Moscow");
    world.entry.state = EntryState::Cancelled;
    let page = page(&world.ticket(), Paper::A5, Language::Russian);
    assert!(page.find("Запись отменена").unwrap() < page.find(">Н-047<").unwrap());
    assert!(!page.contains("class=\"code\"") && !page.contains("Возьмите"));
    assert_eq!(value(&calendar(&world.ticket(), Language::Russian), "STATUS"), "CANCELLED");
    assert!(!calendar(&world.ticket(), Language::Russian).contains("VALARM"));
}

#[test]
fn no_field_gets_out_of_its_place() {
    let world = world(NASTY, "Europe/Moscow");
    let page = page(&world.ticket(), Paper::A5, Language::Russian);
    assert!(!page.contains("<script>") && !page.contains("alert('"), "{page}");
    let text = calendar(&world.ticket(), Language::Russian);
    assert!(!text.lines().any(|line| line.starts_with("ATTENDEE")), "{text}");
    let location = value(&text, "LOCATION");
    assert!(
        location.contains(r"\n") && location.contains(r"\;\,\\n") && location.contains("ATTENDEE:mailto:x@y.z"),
        "{location}"
    );
    assert!(!text.contains('\u{7}'), "{text:?}");
    assert!(text.lines().all(|line| line.len() <= 75), "{text}");
    assert!(text.split_inclusive('\n').all(|line| line.ends_with("\r\n")));
}

#[test]
fn a_calendar_knows_the_zone_and_grows_with_the_entry() {
    for (zone, offset, utc) in [
        ("Europe/Moscow", "TZOFFSETTO:+0300", "2026-04-14T06:20:00Z"),
        ("Asia/Kamchatka", "TZOFFSETTO:+1200", "2026-04-13T21:20:00Z"),
        ("Europe/Berlin", "TZOFFSETTO:+0200", "2026-04-14T07:20:00Z"),
        ("UTC", "TZOFFSETTO:+0000", "2026-04-14T09:20:00Z"),
    ] {
        let mut world = world("Поликлиника № 3", zone);
        assert_eq!(world.entry.start.to_string(), utc);
        let first = calendar(&world.ticket(), Language::Russian);
        assert!(first.contains(offset) && first.contains(&format!("DTSTART;TZID={zone}:20260414T092000")), "{first}");
        assert!(first.contains(&format!("DTEND;TZID={zone}:20260414T094000")), "{first}");
        assert_eq!(value(&first, "SEQUENCE"), "0");
        world.entry.version = 3;
        let third = calendar(&world.ticket(), Language::Russian);
        assert_eq!((value(&third, "UID"), value(&third, "SEQUENCE")), (value(&first, "UID"), "2".to_owned()));
    }
}
