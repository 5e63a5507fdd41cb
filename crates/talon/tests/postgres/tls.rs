//! TLS: demanded and not there, there and not used, signed by a stranger, of another name.

use std::fs;

use talon_testkit::{Certificates, Server, postgres::Options};

use crate::{
    common::{self, small_region},
    refused::refusal,
};

#[test]
fn without_tls_on_the_server_an_address_that_demands_it_is_refused() {
    let server = own!(Options::new());
    let said = refusal(&server.url().with_parameter("sslmode", "require"));
    assert!(said.contains("TLS") && said.contains("ssl = on"), "{said}");
}

#[test]
fn a_connection_is_encrypted_and_with_the_right_server_or_there_is_none() {
    let certificates = Certificates::new();
    let server = own!(
        Options::new()
            .tls(&certificates)
            .access("hostnossl all all all reject")
            .setting("listen_addresses", "127.0.0.1,127.0.0.2")
    );
    let schema = server.schema();
    let asked = schema.url().with_parameter("sslmode", "verify-full");
    let signed_by = |certificates: &Certificates| {
        asked.with_parameter("sslrootcert", certificates.authority().to_str().unwrap()).to_string()
    };
    let elsewhere = std::net::SocketAddr::from(([127, 0, 0, 2], server.address().port()));
    let named_otherwise = asked.with_hosts(&[elsewhere]);
    let named_otherwise =
        named_otherwise.with_parameter("sslrootcert", certificates.authority().to_str().unwrap()).to_string();
    let empty = tempfile::NamedTempFile::new().unwrap();
    fs::write(empty.path(), "no certificate").unwrap();
    let no_roots = asked.with_parameter("sslrootcert", empty.path().to_str().unwrap()).to_string();
    for (store, fault, remedy) in [
        (schema.url().with_parameter("sslmode", "disable").to_string(), "no encryption", "sslmode=verify-full"),
        (asked.to_string(), "certificate", "sslrootcert=FILE"),
        (signed_by(&Certificates::new()), "certificate", "sslrootcert=FILE"),
        (named_otherwise, "certificate", "the server as its certificate does"),
        (format!("{asked}&sslrootcert=nothing"), "No such file", "sslrootcert names it"),
        (no_roots, "no certificate in it", "sslrootcert names it"),
    ] {
        let said = refusal(&store);
        assert!(said.contains(fault) && said.contains(remedy), "{fault}: {said}");
    }

    let installation = common::installation().with_store_url(signed_by(&certificates));
    let (region, ..) = small_region(&installation);
    installation.import(&region);
    let serving = Server::start(&installation);
    let unencrypted = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
                       WHERE a.application_name = 'talon' AND NOT s.ssl";
    let encrypted = unencrypted.replace("NOT s.ssl", "s.ssl");
    assert_eq!(server.psql(unencrypted), "0");
    assert_ne!(server.psql(&encrypted), "0");
    drop(serving);
}
