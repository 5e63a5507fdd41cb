//! I3: a referral has at most one live entry.

use talon_testkit::{
    Booking, Installation, Ledger, Load, Outcome, PersonRef, RegionBuilder, Server, check_all, clock,
    duplicates_per_key, expect_none, message_missing,
};

use crate::{On, booked_else, in_process};

on_each_store!(of_sixty_four_bookings_of_one_referral_one_is_kept_and_after_a_cancel_one_again);

/// One person with cards in eight facilities and one referral, and requests for eight slots in each.
fn sixty_four_ways(installation: &Installation) -> (PersonRef, Vec<Booking>) {
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let person = region.person();
    let facilities: Vec<_> =
        (1..=8).map(|number| region.facility(&format!("Поликлиника № {number}"), "Europe/Samara")).collect();
    let referral = region.referral(&facilities[0], &person, "1");
    let mut bookings = Vec::new();
    for facility in &facilities {
        region.card(facility, &person);
        let doctor = region.doctor(facility, "1");
        let slots = region.slots(&doctor, clock::day_ahead(2), 8, 1);
        bookings.extend(slots.iter().map(|slot| installation.booking(&person, &referral, slot)));
    }
    installation.import(&region);
    (person, bookings)
}

async fn of_sixty_four_bookings_of_one_referral_one_is_kept_and_after_a_cancel_one_again(on: On) {
    let installation = on.installation();
    let (person, bookings) = sixty_four_ways(&installation);
    let mut server = Server::start(&installation);
    let first = Load::new(server.address, 64).run(bookings.clone()).await;
    assert_eq!(booked_else(&first, "referral-used"), 1);
    expect_none(&check_all(&first, &Ledger::of(&installation)));

    let taken = first.iter().find_map(|attempt| match &attempt.outcome {
        Outcome::Ok { entry, .. } => Some(entry.clone()),
        _ => None,
    });
    let cancelled = taken.expect("one is booked");
    assert!(server.stop().success());
    let store = in_process::open(&installation).await;
    in_process::cancel(&*store, &person, &cancelled).await.expect("one's own entry can be cancelled");
    in_process::close(store).await;

    let server = Server::start(&installation);
    let second = Load::new(server.address, 64).run(bookings).await;
    assert_eq!(booked_else(&second, "referral-used"), 1);
    let ledger = Ledger::of(&installation);
    assert_eq!((ledger.live(), ledger.entries.len()), (1, 2));
    expect_none(&check_all(&second, &ledger));
    expect_none(&duplicates_per_key(&ledger));
    expect_none(&message_missing(&ledger));
}
