//! I2 with the power cut beneath the database: by hand, because a cut takes seconds.
//! `TALON_POSTGRES_POWER_CUTS=10` says how many.

use std::process::Command;

use talon_testkit::{
    Crowd, Ledger, Load, PowerRig, Server, Trigger, ok_but_missing,
    postgres::{Cluster, Options},
};

use crate::{kill::nothing_answered_is_lost, on};

/// Bookings of the database that is not durable.
const BOOKINGS: usize = 200;

/// How many cuts are asked for; none unless somebody does.
fn cuts() -> Option<usize> {
    let given = std::env::var("TALON_POSTGRES_POWER_CUTS").ok();
    given.map(|number| number.parse().expect("TALON_POSTGRES_POWER_CUTS is a number"))
}

/// A disk whose power can be cut, where cuts are asked for and can be had; says so otherwise.
fn rig() -> Option<(PowerRig, usize)> {
    let Some(cuts) = cuts() else {
        eprintln!("this test did NOT run: TALON_POSTGRES_POWER_CUTS says how many cuts there are to be");
        return None;
    };
    PowerRig::new().map(|rig| (rig, cuts)).inspect_err(|why| eprintln!("this test did NOT run: {}", why.0)).ok()
}

/// Its log shall fit on the rig's disk, and be moved to the tables more than once.
fn on_disk(rig: &PowerRig, options: Options) -> Options {
    let options = options.setting("max_wal_size", "64MB").setting("min_wal_size", "32MB");
    options.setting("wal_keep_size", "0").data_in(rig.mount_point())
}

/// The power goes and comes back, with the database's and not the node's.
fn cut(rig: &PowerRig, database: &mut Cluster) {
    rig.cut(database).expect("the power can be cut");
    database.kill();
    rig.remount().expect("the disk can be mounted again");
    database.start_again();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_loses_its_power_takes_nothing_answered_with_it() {
    let Some((rig, cuts)) = rig() else { return };
    let mut database = own!(on_disk(&rig, Options::new().durable()));
    nothing_answered_is_lost(&mut database, cuts, |database| cut(&rig, database)).await;
}

/// What finds nothing lost above would find it.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_wait_for_its_disk_loses_bookings_and_that_is_seen() {
    let Some((rig, _)) = rig() else { return };
    let mut database = own!(on_disk(&rig, Options::new()));
    let installation = on(database.schema());
    let crowd = Crowd::new(BOOKINGS, 1, 1);
    installation.import(&crowd.region);
    // Up to here it is on the disk as a whole, so that the database starts again.
    database.psql("CHECKPOINT");
    assert!(Command::new("sync").arg("-f").arg(rig.mount_point()).status().expect("sync can be run").success());
    let server = Server::start(&installation);
    let trigger = Trigger::after(BOOKINGS * 3 / 4);
    let load = Load::new(server.address, 16).counted_by(&trigger);
    let bookings = crowd.bookings(&installation);
    let load = tokio::spawn(async move { load.run(bookings).await });
    trigger.reached().await;
    tokio::task::block_in_place(|| cut(&rig, &mut database));
    let history = load.await.unwrap();
    let lost = ok_but_missing(&history, &Ledger::of(&installation));
    println!("{} answered bookings were lost", lost.len());
    assert!(!lost.is_empty());
}
