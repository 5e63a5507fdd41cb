//! Each access has one record; a request whose record cannot be kept has no answer.

use std::{collections::HashMap, path::Path};

use rusqlite::Connection;
use talon_testkit::{Crowd, Ledger, Server};

use crate::{common::small_region, installation, used};

/// Patients who each do four things.
const PATIENTS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn each_access_has_one_record() {
    let installation = installation();
    let crowd = Crowd::new(PATIENTS, 1, 1);
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let mut asked = Vec::new();
    for booking in crowd.bookings(&installation) {
        asked.extend(used(&server, &booking).await);
    }
    let mut records = HashMap::<String, usize>::new();
    for record in Ledger::of(&installation).records {
        *records.entry(record.request).or_default() += 1;
    }
    assert_eq!(asked.len(), PATIENTS * 4);
    assert!(asked.iter().all(|request| records.get(request) == Some(&1)), "{records:?}");
    assert_eq!(records.len(), asked.len(), "and there is no record besides");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_record_nothing_is_answered() {
    let installation = installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let server = Server::start(&installation);
    let beside = format!("{}-audit", installation.store().display());
    let outside = [installation.store(), Path::new(&beside)].map(|file| Connection::open(file).unwrap());
    for file in &outside {
        file.execute_batch("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'planted'); END")
            .unwrap();
    }
    let mut client = server.client();
    let refused = client.ask(&booking).await.unwrap();
    assert!(refused.status.is_server_error(), "{refused:?}");
    for path in ["/iemk/personal", "/iemk/doctors/visits", "/iemk/directions", "/api/v3/waitinglist"] {
        let answer = client.call(hyper::Method::GET, path, &booking.token, "").await.unwrap();
        assert!(answer.status.is_server_error(), "{path}: {answer:?}");
    }
    assert_eq!(Ledger::of(&installation).entries.len(), 0);
    for file in &outside {
        file.execute_batch("DROP TRIGGER full").unwrap();
    }
    assert!(client.book(&booking).await.outcome.is_ok(), "it goes on once records can be kept");
}
