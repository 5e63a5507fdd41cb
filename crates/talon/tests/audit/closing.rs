//! Days whose time is over: written, signed as closed, removed.

use std::fs;

use rusqlite::Connection;
use talon_domain::{
    audit::{Action, AuditKind, AuditRecord},
    ids::{AuditId, RequestId},
};
use talon_region::{Line, write_line};
use talon_store::{Chain, ChainEnd, Record};
use talon_testkit::{Installation, Server};

use crate::{run, stopped, verify};

/// A day of long ago with three reads of a node, as a region file brings it, and its seals.
fn long_ago(installation: &Installation) -> String {
    let chain = Chain { node: "old".parse().unwrap(), kind: AuditKind::Read, day: "2020-02-02".parse().unwrap() };
    let (mut end, mut text) = (ChainEnd::nothing(chain), Vec::new());
    for number in 1..=3 {
        let record = AuditRecord {
            id: AuditId::from_bytes([number; 16]),
            at: "2020-02-02T10:00:00Z".parse().unwrap(),
            request: RequestId::from_bytes([number; 16]),
            from: None,
            node: Some(chain.node),
            person: None,
            client: None,
            channel: None,
            action: Action::ReadEntries,
            facility: None,
            object: None,
            outcome: "ok".to_owned(),
        };
        let seal = end.append(&record);
        for record in [Record::Audit(record), Record::Seal(seal)] {
            write_line(&Line::of(record, None).unwrap(), &mut text).unwrap();
        }
    }
    assert!(installation.try_import(str::from_utf8(&text).unwrap()).status.success());
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_day_is_closed_without_breaking_the_rest() {
    let installation = stopped().await;
    let brought = long_ago(&installation);
    let (code, said) = verify(&installation);
    assert!(code == 1 && said.contains("numbers 1 to 3 are in no checkpoint"), "{said}");
    // A node that serves signs what nobody has signed.
    let mut server = Server::start(&installation);
    assert!(server.stop().success());
    assert_eq!(verify(&installation).0, 0);

    let file = installation.directory().join("closed.ndjson");
    let close = |more: &[&str]| {
        let mut command = installation.command("audit close");
        command.arg("--to").arg(&file).args(more);
        run(command)
    };
    let (code, said, _) = close(&["--before", "2020-02-02"]);
    assert!(code == 0 && said.contains("no day has been kept for long enough") && !file.exists(), "{said}");
    let (code, said, errors) = close(&[]);
    assert!(code == 0 && said.contains("3 records removed"), "{said}{errors}");
    assert_eq!(fs::read_to_string(&file).unwrap(), brought, "what was removed can be imported again");
    let (code, said) = verify(&installation);
    assert!(code == 0 && said.contains("closed at") && said.contains("4 records in 2 chains"), "{said}");
    assert!(close(&[]).1.contains("no day has been kept for long enough"));

    // What is broken is not closed.
    long_ago(&installation);
    let connection = Connection::open(installation.store()).unwrap();
    connection.execute_batch("UPDATE audit SET outcome = 'x' WHERE action = 'book'").unwrap();
    assert!(connection.close().is_ok());
    fs::remove_file(&file).unwrap();
    let (code, said, _) = close(&[]);
    assert!(code == 1 && said.contains("FAIL") && !file.exists(), "{said}");
}
