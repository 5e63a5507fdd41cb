//! Publishing what a template makes.

use std::sync::Arc;

use jiff::civil::{Time, Weekday, date};
use talon_domain::{
    access::{Right, Rights},
    booking::BookCommand,
    ids::TemplateId,
    schedule::{DayPart, Parity, Template, expand},
    slot::Ages,
};

use super::{
    region::{ADULTS, ANNA, BORIS, book, booked, doctor, facility, fill, now, refused},
    tally::{all, all_but_audit},
};
use crate::{Kind, Published, Record, Store};

pub(super) fn template(minutes: u16) -> Template {
    Template {
        resource: doctor(ADULTS, 0),
        id: TemplateId::from_bytes([3; 16]),
        from: date(2026, 4, 1),
        until: None,
        weekdays: vec![Weekday::Monday, Weekday::Wednesday],
        parity: Parity::Any,
        parts: vec![DayPart {
            from: Time::constant(17, 0, 0, 0),
            to: Time::constant(19, 0, 0, 0),
            minutes,
            places: 1,
            rights: Rights::of(&[Right::Internet]),
            release: None,
        }],
        breaks: Vec::new(),
        exceptions: Vec::new(),
        ages: Ages::default(),
    }
}

pub(super) async fn publish(store: &Arc<dyn Store>, template: &Template) -> Published {
    let days = (date(2026, 4, 14), date(2026, 4, 28));
    let reference = store.reference();
    let home = reference.facility(facility(ADULTS)).unwrap();
    store.publish(template, days, expand(template, home, days.0, days.1), now()).await.unwrap()
}

/// The same at 17:20, which every template here makes.
pub(super) fn evening(command: BookCommand) -> BookCommand {
    BookCommand { time: Time::constant(17, 20, 0, 0), ..command }
}

pub async fn publishing_twice_changes_nothing(store: Arc<dyn Store>) {
    fill(&store, vec![Record::Template(template(20))]).await;
    assert_eq!(all(&store, Kind::Template).await, [Record::Template(template(20))]);
    let first = publish(&store, &template(20)).await;
    assert_eq!(first, Published { added: 24, ..Published::default() }, "two hours on 15, 20, 22 and 27 April");
    let before = all_but_audit(&store).await;
    assert_eq!(publish(&store, &template(20)).await, Published::default());
    assert_eq!(all_but_audit(&store).await, before);
}

pub async fn booked_cells_survive_a_changed_template(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    publish(&store, &template(20)).await;
    let evening = evening(book(ANNA, ADULTS, 0, 0, 0));
    let entry = booked(&store, evening.clone()).await.entry;
    let changed = publish(&store, &template(30)).await;
    // The half-hours from 17:00 and from 17:30 would overlap the booked 17:20–17:40.
    assert_eq!(changed.kept, 1);
    assert_eq!(changed.blocked, 2);
    assert_eq!(booked(&store, evening).await.entry, entry);
    let mut gone = book(BORIS, ADULTS, 0, 0, 0);
    gone.time = Time::constant(17, 40, 0, 0);
    assert_eq!(refused(&store, gone).await.slug(), "time-absent");
}

pub async fn a_template_that_moves_takes_its_free_cells_along(store: Arc<dyn Store>) {
    fill(&store, vec![Record::Template(template(20))]).await;
    publish(&store, &template(20)).await;
    let mut evening = book(ANNA, ADULTS, 0, 0, 0);
    evening.time = Time::constant(17, 20, 0, 0);
    let entry = booked(&store, evening.clone()).await.entry;
    // To another doctor, an hour later: half of the old cells are not among the new ones under any guid.
    let mut moved = Template { resource: doctor(ADULTS, 1), ..template(20) };
    (moved.parts[0].from, moved.parts[0].to) = (Time::constant(18, 0, 0, 0), Time::constant(20, 0, 0, 0));
    assert_eq!(store.import_page(vec![Record::Template(moved.clone())], now()).await, Ok(Vec::new()));
    let done = publish(&store, &moved).await;
    assert_eq!(done, Published { added: 24, removed: 23, kept: 1, blocked: 0 });
    let cells = all(&store, Kind::Slot).await;
    let left = cells.iter().filter(|record| match record {
        Record::Slot(cell) => cell.template == Some(moved.id) && cell.resource == template(20).resource.resource,
        _ => false,
    });
    assert_eq!(left.count(), 1, "the booked one");
    assert_eq!(booked(&store, evening).await.entry, entry);
    let mut gone = book(BORIS, ADULTS, 0, 0, 0);
    gone.time = Time::constant(17, 40, 0, 0);
    assert_eq!(refused(&store, gone).await.slug(), "time-absent");
    // Back to the first doctor and to the first hours, among which the booked one still is.
    assert_eq!(store.import_page(vec![Record::Template(template(20))], now()).await, Ok(Vec::new()));
    let back = publish(&store, &template(20)).await;
    assert_eq!(back, Published { added: 23, removed: 24, kept: 0, blocked: 0 });
    assert_eq!(publish(&store, &template(20)).await, Published::default());
}

/// A booked cell keeps its guid, which is that of the cell at the same time of the new resource.
pub async fn a_booked_cell_that_is_left_behind_keeps_its_time(store: Arc<dyn Store>) {
    fill(&store, vec![Record::Template(template(20))]).await;
    publish(&store, &template(20)).await;
    let mut evening = book(ANNA, ADULTS, 0, 0, 0);
    evening.time = Time::constant(17, 20, 0, 0);
    booked(&store, evening).await;
    let moved = Template { resource: doctor(ADULTS, 1), ..template(20) };
    assert_eq!(store.import_page(vec![Record::Template(moved.clone())], now()).await, Ok(Vec::new()));
    let done = Published { added: 23, removed: 23, kept: 1, blocked: 1 };
    assert_eq!(publish(&store, &moved).await, done);
    let again = Published { kept: 1, blocked: 1, ..Published::default() };
    assert_eq!(publish(&store, &moved).await, again, "nothing is left to do about it");
}

pub async fn a_template_changed_since_is_left_alone(store: Arc<dyn Store>) {
    fill(&store, vec![Record::Template(template(30))]).await;
    publish(&store, &template(30)).await;
    let before = all_but_audit(&store).await;
    assert_eq!(publish(&store, &template(20)).await, Published::default());
    assert_eq!(all_but_audit(&store).await, before);
}
