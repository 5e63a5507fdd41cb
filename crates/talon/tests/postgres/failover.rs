//! I2: the primary dies under load, its standby takes over.

use talon_testkit::{
    Attempt, Chance, Crowd, Direction, Installation, Ledger, Load, Moment, Proxy, Server, Trigger, check_all,
    expect_none, ok_but_missing,
    postgres::{Cluster, Options, Schema},
};

use crate::{common, insist, without_answer};

/// How many bookings: `TALON_FAILOVER_BOOKINGS`, 400 by default.
fn count() -> usize {
    let given = std::env::var("TALON_FAILOVER_BOOKINGS");
    given.map_or(400, |number| number.parse().expect("TALON_FAILOVER_BOOKINGS is a number"))
}

/// An installation that knows both servers, with patients.
fn installation(schema: &Schema, both: [&Cluster; 2]) -> (Installation, Crowd) {
    talon_testkit::raise_file_limit();
    let url = schema.url().with_hosts(&both.map(Cluster::address)).with_parameter("target_session_attrs", "read-write");
    let installation = common::installation().with_store_url(&*url);
    let crowd = Crowd::new(count(), 1, 1);
    installation.import(&crowd.region);
    (installation, crowd)
}

/// Books, and calls `fail` amid it.
async fn book_amid(server: &Server, bookings: Vec<talon_testkit::Booking>, fail: impl FnOnce()) -> Vec<Attempt> {
    let moment = Moment::random(&mut Chance::from_env(), bookings.len());
    let trigger = Trigger::after(moment.after.max(bookings.len() / 8));
    let load = Load::new(server.address, 16).counted_by(&trigger);
    let load = tokio::spawn(async move { load.run(bookings).await });
    trigger.reached().await;
    // Not to wait for anything: which step of the work is hit is what chance decides here.
    tokio::time::sleep(moment.then).await;
    tokio::task::block_in_place(fail);
    load.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_has_all_that_was_answered() {
    let mut primary = own!(Options::new());
    let schema = primary.schema();
    let standby = primary.standby("second");
    let (installation, crowd) = installation(&schema, [&primary, &standby]);
    primary.make_synchronous("second");
    let server = Server::start(&installation);
    let mut history = book_amid(&server, crowd.bookings(&installation), || {
        primary.kill();
        standby.promote();
    })
    .await;
    let unknown = without_answer(&history);
    println!("{} answered, {} of them not known", history.len(), unknown.len());
    expect_none(&check_all(&history, &Ledger::of(&installation)));
    let mut client = server.client();
    for booking in unknown {
        history.push(insist(&mut client, &booking).await);
    }
    let ledger = Ledger::of(&installation);
    expect_none(&check_all(&history, &ledger));
    assert_eq!(ledger.live(), count());
    assert!(common::get(server.address, "/health/ready").starts_with("HTTP/1.1 200"));
}

/// What finds nothing lost above would find it.
#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_standby_lacks_bookings_and_that_is_seen() {
    let mut primary = own!(Options::new());
    let schema = primary.schema();
    let proxy = Proxy::start(primary.address());
    let standby = primary.standby_through("second", proxy.address);
    let (installation, crowd) = installation(&schema, [&primary, &standby]);
    // It has the patients before the network begins to withhold what is said to it.
    primary.wait_until("EXISTS (SELECT FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn())");
    let server = Server::start(&installation);
    proxy.swallow(Direction::FromServer);
    let history = book_amid(&server, crowd.bookings(&installation), || {
        primary.kill();
        standby.promote();
    })
    .await;
    let lost = ok_but_missing(&history, &Ledger::of(&installation));
    println!("{} answered bookings were lost", lost.len());
    assert!(!lost.is_empty());
}
