//! I2 with the power cut: an answered booking is on the disk, not in the kernel's memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Instant;

use talon_testkit::{
    Attempt, Chance, Crowd, Installation, Ledger, Load, Moment, PowerRig, Server, check_all, expect_none,
    strike_under_load,
};

/// Requests of one cut.
const REQUESTS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_when_the_power_is_cut() {
    let cuts: usize =
        std::env::var("TALON_POWER_CUTS").map_or(50, |n| n.parse().expect("TALON_POWER_CUTS is a number"));
    let rig = match PowerRig::new() {
        Ok(rig) => rig,
        Err(reason) => return eprintln!("power cut rig did NOT run: {}", reason.0),
    };
    let began = Instant::now();
    let mut chance = Chance::from_env();
    // Two rivals for every slot, so that there are refusals too.
    let crowd = Crowd::new(cuts * REQUESTS / 2, 1, 2);
    let installation = Installation::new(env!("CARGO_BIN_EXE_talon")).with_store(rig.mount_point().join("talon.db"));
    installation.import(&crowd.region);
    let bookings = crowd.bookings(&installation);

    let mut history: Vec<Attempt> = Vec::new();
    for (cut, share) in bookings.chunks(REQUESTS).enumerate() {
        let moment = Moment::random(&mut chance, REQUESTS);
        let told = strike_under_load(&installation, share.to_vec(), 16, moment, |server| {
            rig.cut(server).expect("the power can be cut");
        })
        .await;
        rig.remount().expect("the disk can be mounted again");
        history.extend(told.iter().cloned());

        let server = Server::start(&installation);
        println!("cut {cut} at {moment:?}: {} answered ok", told.iter().filter(|a| a.outcome.is_ok()).count());
        let before = Ledger::read(installation.store());
        expect_none(&check_all(&history, &before));
        let again = told.into_iter().map(|attempt| attempt.booking).collect();
        let retried = Load::new(server.address, 16).run(again).await;
        for attempt in &retried {
            let settled = attempt.outcome.is_ok() || attempt.outcome.is_refused("time-taken");
            assert!(settled, "asked again, {:?}", attempt.outcome);
        }
        history.extend(retried);
        expect_none(&check_all(&history, &Ledger::read(installation.store())));
    }
    let answered = history.iter().filter(|attempt| attempt.outcome.is_ok()).count();
    println!("{cuts} power cuts, {answered} answered bookings, none lost, {:.1} s", began.elapsed().as_secs_f64());
    assert!(answered > 0, "no booking was answered");
}
