//! I5: one live entry per person and specialty, across facilities.

use talon_testkit::{Ledger, Load, RegionBuilder, Server, check_all, clock, expect_none};

use crate::{On, booked_else};

on_each_store!(of_sixty_four_referrals_to_one_specialty_in_two_facilities_one_is_booked);

async fn of_sixty_four_referrals_to_one_specialty_in_two_facilities_one_is_booked(on: On) {
    let installation = on.installation();
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let person = region.person();
    let mut bookings = Vec::new();
    for (name, zone) in [("Поликлиника № 1", "Europe/Moscow"), ("Поликлиника № 2", "Asia/Yekaterinburg")]
    {
        let facility = region.facility(name, zone);
        region.card(&facility, &person);
        let doctor = region.doctor(&facility, "1");
        for slot in region.slots(&doctor, clock::day_ahead(2), 32, 1) {
            let referral = region.referral(&facility, &person, "1");
            bookings.push(installation.booking(&person, &referral, &slot));
        }
    }
    installation.import(&region);
    let server = Server::start(&installation);
    let history = Load::new(server.address, 64).run(bookings).await;
    assert_eq!(booked_else(&history, "specialty-limit"), 1);
    expect_none(&check_all(&history, &Ledger::of(&installation)));
}
