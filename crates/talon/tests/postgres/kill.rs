//! I2 and I4: kill -9 of the database, and of a node, under load.

use talon_testkit::{
    Attempt, Chance, Crowd, Ledger, Load, Moment, Server, Trigger, check_all, expect_none,
    postgres::{Cluster, Options, Postgres},
    strike_under_load,
};

use crate::{insist, on, without_answer};

/// Requests of one cycle.
const REQUESTS: usize = 240;

/// How many cycles: `TALON_POSTGRES_KILLS`, 5 by default.
fn cycles() -> usize {
    let given = std::env::var("TALON_POSTGRES_KILLS");
    given.map_or(5, |number| number.parse().expect("TALON_POSTGRES_KILLS is a number"))
}

#[track_caller]
fn settled(history: &[Attempt]) {
    for attempt in history {
        let settled = attempt.outcome.is_ok() || attempt.outcome.is_refused("time-taken");
        assert!(settled, "asked again, {:?}", attempt.outcome);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_takes_nothing_answered_with_it() {
    let mut database = own!(Options::new());
    nothing_answered_is_lost(&mut database, cycles(), |database| {
        database.kill();
        database.start_again();
    })
    .await;
}

/// Strikes a database under load, again and again. Whatever strikes gives it back serving.
pub(crate) async fn nothing_answered_is_lost(
    database: &mut Cluster,
    cycles: usize,
    mut strike: impl FnMut(&mut Cluster),
) {
    let mut chance = Chance::from_env();
    // Two rivals for every slot, so that there are refusals too.
    let crowd = Crowd::new(cycles * REQUESTS / 2, 1, 2);
    let installation = on(database.schema());
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let mut history: Vec<Attempt> = Vec::new();
    for (cycle, share) in crowd.bookings(&installation).chunks(REQUESTS).enumerate() {
        let moment = Moment::random(&mut chance, REQUESTS);
        let trigger = Trigger::after(moment.after);
        let load = Load::new(server.address, 16).counted_by(&trigger);
        let bookings = share.to_vec();
        let load = tokio::spawn(async move { load.run(bookings).await });
        trigger.reached().await;
        // Not to wait for anything: which step of the work is hit is what chance decides here.
        tokio::time::sleep(moment.then).await;
        tokio::task::block_in_place(|| strike(database));
        let told = load.await.unwrap();
        assert_eq!(told.len(), REQUESTS, "a node that lives answers everybody");
        println!("strike {cycle} at {moment:?}: {} without an answer", without_answer(&told).len());
        history.extend(told.iter().cloned());
        expect_none(&check_all(&history, &Ledger::of(&installation)));
        let mut client = server.client();
        for booking in without_answer(&told) {
            history.push(insist(&mut client, &booking).await);
        }
        let again = Load::new(server.address, 16).run(told.into_iter().map(|attempt| attempt.booking).collect()).await;
        settled(&again);
        history.extend(again);
    }
    let ledger = Ledger::of(&installation);
    expect_none(&check_all(&history, &ledger));
    assert_eq!(ledger.live(), cycles * REQUESTS / 2);
    let answered = history.iter().filter(|attempt| attempt.outcome.is_ok()).count();
    println!("{cycles} strikes, {answered} times told of a booking, none lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_takes_nothing_answered_with_it_and_another_goes_on() {
    let mut chance = Chance::from_env();
    let crowd = Crowd::new(cycles() * REQUESTS / 2, 1, 2);
    let installation = on(Postgres::shared().schema());
    installation.import(&crowd.region);
    let other = Server::start(&installation);
    let mut history: Vec<Attempt> = Vec::new();
    for (cycle, share) in crowd.bookings(&installation).chunks(REQUESTS).enumerate() {
        let moment = Moment::random(&mut chance, REQUESTS);
        // Rivals stand next to each other, so each slot is wanted through both nodes.
        let (here, there): (Vec<_>, Vec<_>) =
            share.chunks(2).map(|rivals| (rivals[0].clone(), rivals[1].clone())).unzip();
        let load = Load::new(other.address, 8);
        let moment = Moment { after: moment.after / 2 + 1, ..moment };
        let (told, told_there) =
            tokio::join!(strike_under_load(&installation, here, 8, moment, |_| ()), load.run(there));
        println!("kill {cycle} at {moment:?}: {} without an answer", without_answer(&told).len());
        assert!(without_answer(&told_there).is_empty(), "the other node was not killed");
        history.extend(told.into_iter().chain(told_there));
        expect_none(&check_all(&history, &Ledger::of(&installation)));
        let again = Load::new(other.address, 16).run(share.to_vec()).await;
        settled(&again);
        history.extend(again);
    }
    let ledger = Ledger::of(&installation);
    expect_none(&check_all(&history, &ledger));
    assert_eq!(ledger.live(), cycles() * REQUESTS / 2);
}
