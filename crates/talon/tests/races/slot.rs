//! I1: a slot of capacity c never has more than c live entries.

use std::time::Instant;

use talon_testkit::{Attempt, Crowd, Ledger, Load, Server, check_all, clock, expect_none};

use crate::{On, booked_else, golden, linear};

on_each_store!(
    of_a_thousand_requests_for_one_slot_one_is_booked,
    a_slot_of_two_places_takes_two,
    a_slot_of_five_places_takes_five,
    of_ten_thousand_requests_for_a_hundred_slots_a_hundred_are_booked
);

/// One slot, this many patients, all at once from a connection each.
async fn race(on: On, patients: usize, places: u16) -> (Vec<Attempt>, Ledger) {
    let mut crowd = Crowd::new(1, places, patients);
    // Free slots around the wanted one, so that every refusal has times to offer.
    let wanted = crowd.patients[0].slot.clone();
    let doctor = talon_testkit::ResourceRef { facility: wanted.facility.clone(), guid: wanted.resource.clone() };
    for minute in [10, 20, 30] {
        crowd.region.slot(&doctor, clock::day_ahead(2).at(8, minute, 0, 0), 1);
    }
    let installation = on.installation();
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let history = Load::new(server.address, patients).run(crowd.bookings(&installation)).await;
    let ledger = Ledger::of(&installation);
    (history, ledger)
}

async fn of_a_thousand_requests_for_one_slot_one_is_booked(on: On) {
    let (history, ledger) = race(on, 1_000, 1).await;
    assert_eq!(history.len(), 1_000);
    assert_eq!(booked_else(&history, "time-taken"), 1);
    assert_eq!(ledger.live(), 1);
    expect_none(&check_all(&history, &ledger));
    // The same three times are free before and after, so every refusal has the same bytes.
    let slot = &history[0].booking;
    for answer in history.iter().filter(|a| !a.outcome.is_ok()).filter_map(|a| a.answer.as_ref()) {
        let times: Vec<_> =
            ["08:10", "08:20", "08:30"].map(|time| (slot.resource_id.as_str(), slot.day.as_str(), time)).into();
        golden::assert_time_taken_with(answer, &times);
    }
    assert!(linear::is_linearizable::<1>(&history), "no order of these answers explains them");
}

async fn a_slot_of_two_places_takes_two(on: On) {
    let (history, ledger) = race(on, 200, 2).await;
    assert_eq!(booked_else(&history, "time-taken"), 2);
    expect_none(&check_all(&history, &ledger));
    assert!(linear::is_linearizable::<2>(&history), "no order of these answers explains them");
}

async fn a_slot_of_five_places_takes_five(on: On) {
    let (history, ledger) = race(on, 200, 5).await;
    assert_eq!(booked_else(&history, "time-taken"), 5);
    expect_none(&check_all(&history, &ledger));
    assert!(linear::is_linearizable::<5>(&history), "no order of these answers explains them");
}

async fn of_ten_thousand_requests_for_a_hundred_slots_a_hundred_are_booked(on: On) {
    let crowd = Crowd::new(100, 1, 100);
    let installation = on.installation();
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let bookings = crowd.bookings(&installation);
    let began = Instant::now();
    let history = Load::new(server.address, 64).run(bookings).await;
    println!("10,000 requests in {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(history.len(), 10_000);
    assert_eq!(booked_else(&history, "time-taken"), 100);
    let ledger = Ledger::of(&installation);
    assert_eq!(ledger.live(), 100);
    expect_none(&check_all(&history, &ledger));
    for answer in history.iter().filter(|a| !a.outcome.is_ok()).filter_map(|a| a.answer.as_ref()) {
        golden::assert_time_taken(answer);
    }
}
