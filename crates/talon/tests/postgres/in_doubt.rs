//! SQLSTATE 01000: a commit whose wait for the synchronous standby was cancelled is in doubt, though the
//! server says that it succeeded.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use talon_testkit::{Crowd, Direction, Ledger, Proxy, Server, check_all, expect_none, postgres::Options};

use crate::{booked, common, on};

/// Longer than one request may take, and shorter than two.
const ANSWERED_WITHIN: Duration = Duration::from_secs(16);

/// Whoever waits for a standby.
const WAITING: &str = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_wait_for_the_standby_is_never_answered_with_success() {
    let database = own!(Options::new());
    let crowd = Crowd::new(2, 1, 1);
    let installation = on(database.schema());
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let [booking, other] = &crowd.bookings(&installation)[..] else { panic!("two patients") };
    // Also shows that the schedules are published and nothing but the bookings will wait.
    let before = server.client().book(other).await;
    booked(&before);

    database.set("synchronous_standby_names", "absent");
    // Whether commits wait is decided by the process that writes checkpoints, when it reads its settings.
    database.psql("SET synchronous_commit = local; CHECKPOINT");
    let answered = AtomicBool::new(false);
    let mut client = server.client();
    let in_doubt = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Also the waits of those who find out what became of the first commit.
            let mut cancelled = 0;
            while !answered.load(Ordering::Relaxed) {
                let ids = database.psql(&format!("SELECT pg_cancel_backend(pid) {WAITING}"));
                cancelled += ids.lines().filter(|line| *line == "t").count();
            }
            assert!(cancelled > 0, "nobody waited for the standby");
        });
        let attempt = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(client.book(booking)));
        answered.store(true, Ordering::Relaxed);
        attempt
    });
    let answer = in_doubt.answer.as_ref().expect("an answer");
    assert_eq!(answer.status, 503, "{:?}", in_doubt.outcome);
    assert!(answer.headers.contains_key("retry-after"));

    // The commit stands on this server, which callers must not be told before the standby has it.
    let kept = Ledger::of(&installation).entries;
    assert_eq!(kept.len(), 2);
    database.set("synchronous_standby_names", "");
    let again = server.client().book(booking).await;
    let (entry, _) = booked(&again);
    assert!(kept.iter().any(|row| row.id == entry), "the same request made another entry");
    expect_none(&check_all(&[before, in_doubt, again], &Ledger::of(&installation)));
}

/// The same, with the standby's absence over before anybody gives up: it is found out, and answered.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_doubt_is_found_out_when_the_database_serves_again() {
    let database = own!(Options::new());
    let crowd = Crowd::new(2, 1, 1);
    let installation = on(database.schema()).with_env("TALON_METRICS", "127.0.0.1:0");
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let [booking, other] = &crowd.bookings(&installation)[..] else { panic!("two patients") };
    let before = server.client().book(other).await;
    booked(&before);
    database.set("synchronous_standby_names", "absent");
    database.psql("SET synchronous_commit = local; CHECKPOINT");
    let mut client = server.client();
    let wanted = booking.clone();
    let asking = tokio::spawn(async move { client.book(&wanted).await });
    database.wait_until(&format!("EXISTS (SELECT {WAITING})"));
    database.psql(&format!("SELECT pg_cancel_backend(pid) {WAITING}"));
    database.set("synchronous_standby_names", "");
    let answered = asking.await.unwrap();
    booked(&answered);
    expect_none(&check_all(&[before, answered], &Ledger::of(&installation)));
    let metrics = common::get(common::metrics_address(&server), "/metrics");
    assert!(metrics.contains("\ntalon_store_settled_outcomes_total 1\n"), "{metrics}");
}

/// The commit is kept, its answer is lost without a word, and nobody can be asked what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_hangs_is_called_unknown_in_the_time_of_one_request() {
    let database = own!(Options::new());
    let (schema, proxy) = (database.schema(), Proxy::start(database.address()));
    let installation = common::installation().with_store_url(&*schema.url().with_hosts(&[proxy.address]));
    let crowd = Crowd::new(2, 1, 1);
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let [booking, other] = &crowd.bookings(&installation)[..] else { panic!("two patients") };
    let before = server.client().book(other).await;
    booked(&before);
    database.set("synchronous_standby_names", "absent");
    database.psql("SET synchronous_commit = local; CHECKPOINT");
    let mut client = server.client();
    let wanted = booking.clone();
    let began = Instant::now();
    let asking = tokio::spawn(async move { client.book(&wanted).await });
    database.wait_until(&format!("EXISTS (SELECT {WAITING})"));
    proxy.swallow(Direction::FromServer);
    database.set("synchronous_standby_names", "");
    let in_doubt = asking.await.unwrap();
    let took = began.elapsed();
    assert_eq!(in_doubt.answer.as_ref().expect("an answer").status, 503, "{:?}", in_doubt.outcome);
    assert!(took < ANSWERED_WITHIN, "{took:?}");
    proxy.heal();
    let again = server.client().book(booking).await;
    booked(&again);
    let ledger = Ledger::of(&installation);
    assert_eq!(ledger.entries.len(), 2);
    expect_none(&check_all(&[before, in_doubt, again], &ledger));
}
