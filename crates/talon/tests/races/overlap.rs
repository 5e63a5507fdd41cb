//! The claim on a person's time: visits that overlap, in facilities of different zones.

use talon_testkit::{Ledger, Load, RegionBuilder, Server, check_all, clock, expect_none};

use crate::{On, booked_else};

on_each_store!(of_visits_at_one_instant_in_two_zones_one_is_booked);

async fn of_visits_at_one_instant_in_two_zones_one_is_booked(on: On) {
    let installation = on.installation();
    let mut region = RegionBuilder::new();
    let person = region.person();
    let day = clock::day_ahead(3);
    // The visits begin at 23:55 UTC and end after midnight: they touch two UTC days.
    let facilities = [
        (region.facility("Поликлиника № 1", "Europe/Moscow"), day.tomorrow().unwrap().at(2, 55, 0, 0)),
        (region.facility("Поликлиника № 2", "Asia/Vladivostok"), day.tomorrow().unwrap().at(9, 55, 0, 0)),
    ];
    let mut bookings = Vec::new();
    for (facility, _) in &facilities {
        region.card(facility, &person);
    }
    for number in 0..32 {
        let specialty = format!("{number}");
        region.specialty(&specialty, &format!("Специальность {number}"), "С");
        let (facility, start) = &facilities[number % 2];
        let doctor = region.doctor(facility, &specialty);
        let slot = region.slot(&doctor, *start, 1);
        let referral = region.referral(facility, &person, &specialty);
        bookings.push(installation.booking(&person, &referral, &slot));
    }
    installation.import(&region);
    let server = Server::start(&installation);
    let history = Load::new(server.address, 32).run(bookings).await;
    assert_eq!(booked_else(&history, "patient-overlap"), 1);
    expect_none(&check_all(&history, &Ledger::of(&installation)));
}
