//! Absence of a doctor: nobody is booked, and who was is told, once and as long as it is so.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::date};
use talon_domain::{
    booking::{BookCommand, CancelCommand, ChurnTerms},
    email::Email,
    entry::{Entry, EntryState},
    ids::EntryKey,
    message::{Message, MessageKind, MessageState},
    slot::Slot,
};

use super::{
    importing::foreign_entry,
    publishing::{evening as at_evening, publish, template},
    region::{
        ADULTS, ANNA, BORIS, book, booked, cancel, crowd, facility, fill, hold, local_start, move_to, now, person,
        refused, slot, wait,
    },
    tally::{all, assert_exclusive, entries, messages},
};
use crate::{
    About, Attempted, ClaimMessages, DueMessage, Kind, MessagesQuery, Published, Record, ReminderPass, Sending, Store,
};

fn cell(number: u64, absent: bool) -> Slot {
    Slot { absent, ..slot(ADULTS, 0, number, local_start(number)) }
}

async fn import(store: &Arc<dyn Store>, cells: impl IntoIterator<Item = Slot>) {
    let page = cells.into_iter().map(Record::Slot).collect();
    assert_eq!(store.import_page(page, now()).await, Ok(Vec::new()));
}

/// `who` books cell `number` and names an address.
async fn visit(store: &Arc<dyn Store>, who: u64, number: u64) -> EntryKey {
    booked(store, with_email(book(who, ADULTS, 0, number, 0))).await.entry
}

fn with_email(command: BookCommand) -> BookCommand {
    BookCommand { email: Email::parse("patient@example.ru").ok(), ..command }
}

/// The messages of an absence that are owed.
async fn owed(store: &Arc<dyn Store>) -> Vec<Message> {
    messages(store).await.into_iter().filter(|message| message.kind == MessageKind::Absent).collect()
}

/// Claims and sends everything that is due; what was sent.
async fn send(store: &Arc<dyn Store>, at: Timestamp) -> Vec<DueMessage> {
    let mut sent = Vec::new();
    loop {
        let lease = uuid::Uuid::new_v4();
        let claim = ClaimMessages { after: None, limit: 100, lease, until: at + SignedDuration::from_mins(2) };
        let found = store.claim_messages(&claim, at).await.unwrap();
        if found.due.is_empty() && found.settled.is_empty() {
            return sent;
        }
        for due in &found.due {
            let attempted = Attempted { message: due.message, lease, result: Sending::Sent, reply: None };
            assert!(store.settle_message(&attempted, at).await.unwrap());
        }
        sent.extend(found.due);
    }
}

fn kinds(sent: &[DueMessage]) -> Vec<MessageKind> {
    sent.iter().map(|due| due.message.kind).collect()
}

pub async fn nobody_is_booked_where_nobody_receives(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    store.hold(hold(BORIS, ADULTS, 0, 5, 0), now()).await.unwrap().unwrap();
    import(&store, [cell(4, true), cell(5, true)]).await;
    assert_eq!(store.cell(cell(4, true).key).await, Ok(Some(cell(4, true))));
    assert_eq!(refused(&store, book(100, ADULTS, 0, 4, 0)).await.slug(), "time-absent");
    assert_eq!(store.hold(hold(100, ADULTS, 0, 4, 0), now()).await.unwrap().unwrap_err().slug(), "time-absent");
    assert_eq!(
        store.move_entry(move_to(ANNA, entry, None, 4), now()).await.unwrap().unwrap_err().slug(),
        "time-absent"
    );
    assert_eq!(refused(&store, book(BORIS, ADULTS, 0, 5, 0)).await.slug(), "time-absent", "held before is no help");
    import(&store, [cell(4, false)]).await;
    booked(&store, book(100, ADULTS, 0, 4, 0)).await;
}

pub async fn those_who_have_a_place_are_told_once(store: Arc<dyn Store>) {
    let wide = |absent| Slot { places: 3, ..cell(3, absent) };
    fill(&store, [crowd(100..104), vec![Record::Slot(wide(false))]].concat()).await;
    let first = visit(&store, 100, 3).await;
    let second = visit(&store, 101, 3).await;
    let gone = visit(&store, 102, 3).await;
    store.cancel(cancel(102, gone), now()).await.unwrap().unwrap();
    store.hold(hold(103, ADULTS, 0, 3, 0), now()).await.unwrap().unwrap();
    send(&store, now()).await;
    let before = entries(&store).await;
    for _ in 0..2 {
        import(&store, [wide(true), cell(4, true)]).await;
        let told = owed(&store).await;
        assert!(told.iter().all(|message| (message.version, message.created) == (1, now())));
        let mut told: Vec<_> = told.iter().map(|message| message.entry).collect();
        told.sort();
        let mut left = [first, second];
        left.sort();
        assert_eq!(told, left, "neither who gave up their place nor who holds one");
    }
    assert_eq!(entries(&store).await, before, "the visits stand");
    let sent = send(&store, now()).await;
    assert_eq!(kinds(&sent), [MessageKind::Absent; 2]);
    assert!(
        sent.iter().all(|due| matches!(&due.about, About::Visit { before: None, others, .. } if others.is_empty()))
    );
    import(&store, [wide(true)]).await;
    assert_eq!(owed(&store).await, [], "what was said is not owed once more");
    assert_exclusive(&store).await;
}

pub async fn who_comes_with_the_cell_is_not_told(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    // As an installation brings them that moves, and as one adds a visit to a cell whose absence is known.
    let page = vec![Record::Slot(cell(3, true)), Record::Entry(foreign_entry(1, ANNA, 3, EntryState::Booked))];
    assert_eq!(store.import_page(page, now()).await, Ok(Vec::new()));
    let late = vec![Record::Entry(foreign_entry(2, BORIS, 4, EntryState::Booked))];
    import(&store, [cell(4, true)]).await;
    assert_eq!(store.import_page(late, now()).await, Ok(Vec::new()));
    assert_eq!(owed(&store).await, []);
    // Who leaves the cell with the page that makes it absent has nothing to be told of it.
    let mut moved: Entry = entries(&store).await.into_iter().find(|entry| entry.person == person(ANNA)).unwrap();
    import(&store, [cell(3, false)]).await;
    (moved.slot, moved.start, moved.version) = (cell(9, false).key.slot, cell(9, false).start, 2);
    let page = vec![Record::Slot(cell(3, true)), Record::Entry(moved)];
    assert_eq!(store.import_page(page, now()).await, Ok(Vec::new()));
    assert_eq!(owed(&store).await, []);
}

pub async fn nobody_is_told_to_come_while_the_doctor_is_absent(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    let stays = visit(&store, 100, 3).await;
    let cancelled = visit(&store, 101, 4).await;
    let leaves = visit(&store, 102, 5).await;
    import(&store, [3, 4, 5].map(|number| cell(number, true))).await;
    store.cancel(cancel(101, cancelled), now()).await.unwrap().unwrap();
    store.move_entry(move_to(102, leaves, None, 9), now()).await.unwrap().unwrap();
    let mut sent: Vec<_> = send(&store, now()).await.iter().map(|due| (due.message.entry, due.message.kind)).collect();
    sent.sort_by_key(|(entry, _)| *entry);
    let mut expected =
        [(stays, MessageKind::Absent), (cancelled, MessageKind::Cancelled), (leaves, MessageKind::Moved)];
    expected.sort_by_key(|(entry, _)| *entry);
    assert_eq!(sent, expected);
}

pub async fn what_is_taken_back_is_not_told_and_what_comes_again_is(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let entry = visit(&store, 100, 3).await;
    send(&store, now()).await;
    import(&store, [cell(3, true)]).await;
    import(&store, [cell(3, false)]).await;
    assert_eq!(kinds(&send(&store, now()).await), []);
    let query = MessagesQuery { state: Some(MessageState::Superseded), entry: Some(entry), limit: 10 };
    assert_eq!(store.messages(&query).await.unwrap()[0].message.kind, MessageKind::Absent);
    // Nobody was told the first time.
    import(&store, [cell(3, true)]).await;
    assert_eq!(kinds(&send(&store, now()).await), [MessageKind::Absent]);
    // Now they were.
    import(&store, [cell(3, false)]).await;
    import(&store, [cell(3, true)]).await;
    assert_eq!(kinds(&send(&store, now()).await), []);
}

pub async fn a_reminder_passes_over_a_visit_without_a_doctor(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let late = visit(&store, ANNA, 12).await;
    let early = booked(&store, book(ANNA, ADULTS, 1, 4, 1)).await.entry;
    visit(&store, 100, 5).await;
    send(&store, now()).await;
    let evening: Timestamp = "2026-04-14T15:00:00Z".parse().unwrap();
    let pass = ReminderPass {
        facility: facility(ADULTS),
        kind: MessageKind::ReminderDay,
        day: date(2026, 4, 15),
        from: "2026-04-14T21:00:00Z".parse().unwrap(),
        to: "2026-04-15T21:00:00Z".parse().unwrap(),
        booked_before: evening,
    };
    // One is absent when the day is planned, the other when its reminder is to leave.
    import(&store, [cell(5, true)]).await;
    assert_eq!(store.plan_reminders(&pass, evening).await, Ok(Some(1)));
    assert!(messages(&store).await.iter().any(|message| message.entry == early));
    import(&store, [Slot { absent: true, ..slot(ADULTS, 1, 4, local_start(4)) }]).await;
    let sent = send(&store, evening).await;
    let reminders: Vec<_> = sent.iter().filter(|due| due.message.kind == MessageKind::ReminderDay).collect();
    assert_eq!(reminders.iter().map(|due| due.message.entry).collect::<Vec<_>>(), [late]);
    assert!(matches!(&reminders[0].about, About::Visit { others, .. } if others.is_empty()));
    let absent = sent.iter().filter(|due| due.message.kind == MessageKind::Absent);
    assert_eq!(absent.count(), 2);
}

pub async fn who_is_left_changes_the_visit_at_any_time_and_for_nothing(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    let cutoff = Duration::from_secs(48 * 3600);
    let churn = ChurnTerms { most: 1, within: SignedDuration::from_hours(24) };
    let late = |who, entry| CancelCommand { cutoff, churn, ..cancel(who, entry) };
    let moved = booked(&store, book(100, ADULTS, 0, 3, 0)).await.entry;
    let cancelled = booked(&store, book(101, ADULTS, 0, 4, 0)).await.entry;
    let usual = booked(&store, book(102, ADULTS, 0, 5, 0)).await.entry;
    import(&store, [cell(3, true), cell(4, true)]).await;
    let mut away = move_to(100, moved, None, 30);
    away.cutoff = cutoff;
    store.move_entry(away, now()).await.unwrap().unwrap();
    store.cancel(late(101, cancelled), now()).await.unwrap().unwrap();
    booked(&store, book(101, ADULTS, 0, 9, 0)).await;
    let refusal = store.cancel(late(102, usual), now()).await.unwrap().unwrap_err();
    assert_eq!(refusal.slug(), "change-too-late");
}

pub async fn the_time_of_a_doctor_who_is_back_is_offered(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    // Their address is known from another visit.
    booked(&store, with_email(book(100, ADULTS, 1, 20, 1))).await;
    send(&store, now()).await;
    import(&store, [cell(3, true), cell(4, true)]).await;
    store.wait(wait(100, ADULTS, 0), now()).await.unwrap().unwrap();
    // New, and nobody receives in it.
    import(&store, [cell(90, true)]).await;
    let offer = || async { store.waiting(person(100), now()).await.unwrap().remove(0).offer };
    assert_eq!(offer().await, None);
    import(&store, [cell(4, false)]).await;
    assert_eq!(offer().await.expect("offered").start, cell(4, false).start);
    // Absent once more before it was told: it would send somebody to nobody.
    import(&store, [cell(4, true)]).await;
    assert_eq!(kinds(&send(&store, now()).await), []);
    let query = MessagesQuery { state: Some(MessageState::Superseded), entry: None, limit: 10 };
    assert_eq!(store.messages(&query).await.unwrap()[0].message.kind, MessageKind::Offered);
    assert_exclusive(&store).await;
}

pub async fn a_template_leaves_absences_alone(store: Arc<dyn Store>) {
    fill(&store, vec![Record::Template(template(20))]).await;
    publish(&store, &template(20)).await;
    let made = all(&store, Kind::Slot).await.into_iter().filter_map(|record| match record {
        Record::Slot(slot) if slot.template == Some(template(20).id) => Some(Slot { absent: true, ..slot }),
        _ => None,
    });
    let mut made: Vec<_> = made.collect();
    made.sort_by_key(|slot| slot.start);
    // From 17:00 and from 17:20.
    import(&store, made.into_iter().take(2)).await;
    assert_eq!(publish(&store, &template(20)).await, Published::default());
    let mut twenty = book(ANNA, ADULTS, 0, 0, 0);
    assert_eq!(refused(&store, at_evening(twenty.clone())).await.slug(), "time-absent");
    // What else the template says of the cell counts.
    let mut open = template(20);
    open.parts[0].places = 2;
    assert_eq!(store.import_page(vec![Record::Template(open.clone())], now()).await, Ok(Vec::new()));
    assert_eq!(publish(&store, &open).await.added, 24);
    assert_eq!(refused(&store, at_evening(twenty.clone())).await.slug(), "time-absent");
    twenty.time = jiff::civil::Time::constant(17, 40, 0, 0);
    booked(&store, twenty).await;
}

/// However they race: who is booked when the absence is committed is told, and nobody is booked after that.
pub async fn an_absence_races_with_bookings(store: Arc<dyn Store>) {
    fill(&store, crowd(100..130)).await;
    for number in 0..30 {
        let who = 100 + number;
        let booking = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.book(book(who, ADULTS, 0, number, 0), now()).await.unwrap() }
        });
        import(&store, [cell(number, true)]).await;
        let told = owed(&store).await;
        let told: Vec<_> = told.iter().map(|message| message.entry).collect();
        match booking.await.unwrap() {
            Ok(booked) => assert!(told.contains(&booked.entry), "booked and not told"),
            Err(refusal) => assert_eq!(refusal.slug(), "time-absent"),
        }
    }
    let visits = entries(&store).await;
    assert_eq!(owed(&store).await.len(), visits.len(), "each once");
    assert_exclusive(&store).await;
}
