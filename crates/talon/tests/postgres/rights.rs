//! A database that is there and cannot be used as it is: read-only, of another version, of others.

use talon_testkit::{Ledger, Server, check_all, expect_none, postgres::Options};

use crate::{
    booked,
    common::{self, small_region},
    on,
    refused::{refusal, refusal_of},
};

#[test]
fn a_database_that_cannot_be_written_is_refused() {
    let primary = own!(Options::new());
    let schema = primary.schema();
    let installation = common::installation().with_store_url(&**schema.url());
    let (region, ..) = small_region(&installation);
    installation.import(&region);

    let standby = primary.standby("second");
    let there = schema.url().with_hosts(&[standby.address()]);
    let said = refusal(&there);
    assert!(said.contains("standby") && said.contains("target_session_attrs=read-write"), "{said}");
    let said = refusal(&there.with_parameter("target_session_attrs", "read-write"));
    assert!(said.contains("name the primary too"), "{said}");

    primary.psql("ALTER DATABASE talon SET default_transaction_read_only = on");
    let said = refusal(schema.url());
    assert!(said.contains("cannot be written") && said.contains("default_transaction_read_only = off"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_serve_serves_what_its_owner_made() {
    let server = own!(Options::new());
    let schema = server.schema();
    let name = schema.name().to_owned();
    server.psql(&format!("CREATE ROLE clerk LOGIN PASSWORD 'clerk'; GRANT USAGE ON SCHEMA {name} TO clerk"));
    let clerks = schema.url().with_login("clerk", "clerk");
    let clerk = common::installation().with_store_url(&*clerks);

    let said = refusal_of(&clerk, "serve");
    assert!(said.contains("lacks a right") && said.contains("docs/operations/postgresql.md"), "{said}");
    let said = refusal_of(&clerk, "export");
    assert!(said.contains("no store yet") && said.contains("talon migrate"), "{said}");

    let owner = on(schema);
    assert!(owner.command("migrate").output().unwrap().status.success());
    let said = refusal_of(&clerk, "serve");
    assert!(said.contains("lacks a right"), "{said}");
    let rights = common::talon(owner.directory()).args(["schema", "--rights-of", "clerk"]).output().unwrap();
    assert!(rights.status.success());
    owner.schema().psql(&String::from_utf8(rights.stdout).unwrap());
    let (region, booking, _) = small_region(&clerk);
    clerk.import(&region);
    let mut serving = Server::start(&clerk);
    let attempt = serving.client().book(&booking).await;
    booked(&attempt);
    expect_none(&check_all(&[attempt], &Ledger::of(&owner)));

    // It sealed what it wrote, and may neither change nor remove it.
    assert!(serving.stop().success(), "{}", serving.stderr());
    let verified = clerk.command("audit verify").output().unwrap();
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && said.contains("1 records in 1 chains"), "{said}");
    let may = |right: &str, table: &str| {
        server.psql(&format!("SELECT has_table_privilege('clerk', '{name}.{table}', '{right}')")).trim() == "t"
    };
    for table in ["audit", "audit_seal"] {
        assert!(may("SELECT", table) && may("INSERT", table), "{table}");
        assert!(!may("UPDATE", table) && !may("DELETE", table) && !may("TRUNCATE", table), "{table}");
    }
}

/// I17: an older program on a newer schema.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_served_if_it_was_only_added_to() {
    let installation = on(talon_testkit::postgres::Postgres::shared().schema());
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let schema = installation.schema();
    schema.psql(
        "ALTER TABLE entry ADD COLUMN later text; CREATE TABLE later (a int); \
         INSERT INTO migration SELECT max(version) + 1, 'later', 'of a newer program', 1, 0 FROM migration",
    );
    let serving = Server::start(&installation);
    let attempt = serving.client().book(&booking).await;
    booked(&attempt);
    expect_none(&check_all(&[attempt], &Ledger::of(&installation)));
    drop(serving);

    schema.psql("INSERT INTO migration SELECT max(version) + 1, 'removal', 'of a newer program', max(version) + 1, 0 FROM migration");
    for command in ["serve", "migrate", "export"] {
        let said = refusal_of(&installation, command);
        assert!(said.contains("newer than this program") && said.contains("use the program that"), "{said}");
    }
}
