//! kill -9 at random moments under load.

use talon_testkit::{
    Attempt, Chance, Crowd, Installation, Ledger, Load, Moment, Outcome, Server, check_all, expect_none,
    strike_under_load,
};

/// Requests of one cycle.
const REQUESTS: usize = 240;

/// How many cycles: `TALON_KILLS`, 50 by default.
fn cycles() -> usize {
    std::env::var("TALON_KILLS").map_or(50, |number| number.parse().expect("TALON_KILLS is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_and_the_same_request_gives_the_same_entry() {
    let cycles = cycles();
    let mut chance = Chance::from_env();
    // Two rivals for every slot, so that there are refusals too.
    let crowd = Crowd::new(cycles * REQUESTS / 2, 1, 2);
    let installation = Installation::new(env!("CARGO_BIN_EXE_talon"));
    installation.import(&crowd.region);
    let bookings = crowd.bookings(&installation);

    let mut history: Vec<Attempt> = Vec::new();
    for (cycle, share) in bookings.chunks(REQUESTS).enumerate() {
        let moment = Moment::random(&mut chance, REQUESTS);
        let told = strike_under_load(&installation, share.to_vec(), 16, moment, |_| ()).await;
        println!("kill {cycle} at {moment:?}: {} of {} answered", answered(&told), told.len());
        history.extend(told.iter().cloned());

        // Another kill, now and then, while it recovers.
        let mut server = Server::start(&installation);
        if chance.below(4) == 0 {
            server.kill();
            server = Server::start(&installation);
        }
        expect_none(&check_all(&history, &Ledger::read(installation.store())));
        let again = told.into_iter().map(|attempt| attempt.booking).collect();
        let retried = Load::new(server.address, 16).run(again).await;
        for attempt in &retried {
            let settled = attempt.outcome.is_ok() || attempt.outcome.is_refused("time-taken");
            assert!(settled, "asked again, {:?}", attempt.outcome);
        }
        history.extend(retried);
    }
    let ledger = Ledger::read(installation.store());
    expect_none(&check_all(&history, &ledger));
    assert!(ledger.live() > cycles, "hardly anything was booked: {}", ledger.live());
}

fn answered(history: &[Attempt]) -> usize {
    history.iter().filter(|attempt| !matches!(attempt.outcome, Outcome::Unknown(_))).count()
}
