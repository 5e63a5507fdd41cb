//! An address that leads nowhere, or to the wrong place.

use std::fs;

use talon_testkit::{Server, postgres::Options};

use crate::{
    common::{self, small_region},
    refused::{SECRET, refusal, run},
};

#[test]
fn what_is_wrong_with_an_address_is_said_with_the_remedy() {
    let mut server = own!(Options::new());
    let schema = server.schema();
    let url = schema.url();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), SECRET).unwrap();
    let by_file = url.with_hosts(&[server.address()]).replacen(&password_of(url), "", 1);
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let nowhere = url.replacen(&server.address().to_string(), "nowhere.invalid:5432", 1);
    for (store, fault, remedy) in [
        (url.with_hosts(&[nobody]).to_string(), "refused", "check host and port"),
        (nowhere, "nowhere.invalid", "check host and port"),
        (url.with_login("talon", SECRET).to_string(), "password authentication failed", "check user and password"),
        (url.with_login("somebody", SECRET).to_string(), "password authentication failed", "check user and password"),
        (format!("{by_file}&password_file={}", file.path().display()), "password authentication failed", "check user"),
        (format!("{by_file}&password_file=nothing"), "No such file", "password_file names it"),
        (by_file, "password missing", "password_file"),
        (url.with_database("talons").to_string(), "\"talons\" does not exist", "create the database"),
    ] {
        let said = refusal(&store);
        assert!(said.contains(fault) && said.contains(remedy), "{fault}: {said}");
    }
    server.kill();
    let said = refusal(url);
    assert!(said.contains("refused") && said.contains("that the server runs"), "{said}");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = own!(Options::new());
    server.pause();
    let said = refusal(server.url());
    server.resume();
    assert!(said.contains("does not answer"), "{said}");
}

#[test]
fn a_password_may_lie_in_a_file() {
    let server = own!(Options::new());
    let schema = server.schema();
    let password = password_of(schema.url());
    let installation = common::installation();
    fs::write(installation.directory().join("password"), format!("{}\nsecond line\n", &password[1..])).unwrap();
    let without = schema.url().replacen(&password, "", 1);
    let installation = installation.with_store_url(format!("{without}&password_file=password"));
    let (region, ..) = small_region(&installation);
    installation.import(&region);
    assert!(Server::start(&installation).stop().success());
}

#[test]
fn no_output_has_the_password() {
    let server = own!(Options::new());
    let schema = server.schema();
    server.psql(&format!("ALTER ROLE talon PASSWORD '{SECRET}'"));
    let url = schema.url().with_login("talon", SECRET);
    let silent = |(_, output, errors): (i32, String, String)| {
        assert!(!output.contains(SECRET) && !errors.contains(SECRET), "{output}{errors}");
        output + &errors
    };
    let installation = common::installation().with_store_url(&*url).with_env("TALON_LOG_LEVEL", "debug");
    for command in ["migrate", "config", "doctor", "export"] {
        let said = silent(run(&mut installation.command(command)));
        assert!(command == "export" || said.contains("talon:***@"), "{command}: {said}");
    }
    let mut serving = Server::start(&installation);
    serving.stop();
    assert!(serving.stderr().contains("talon:***@"), "{}", serving.stderr());
    assert!(!serving.stderr().contains(SECRET), "{}", serving.stderr());
    for bad in [format!("postgres://talon:{SECRET}@h:x/d"), format!("postgres://talon:{SECRET}@h/d?nonsense=1")] {
        let (code, output, errors) = run(installation.command("config").args(["--store", &bad]));
        assert_eq!(code, 2, "{output}{errors}");
        silent((code, output, errors));
    }
}

/// The colon before it included.
fn password_of(url: &str) -> String {
    let (login, _) = url.split_once('@').unwrap();
    login[login.rfind(':').unwrap()..].to_owned()
}
