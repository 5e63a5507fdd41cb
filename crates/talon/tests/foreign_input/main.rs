//! Input that nobody here wrote: tokens made by `openssl` and by PyJWT, the body that the document
//! gives as its example, and `curl` to send it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod openssl;
mod pyjwt;
mod tools;

use serde_json::Value;
use talon_testkit::{Crowd, Installation, Ledger, Server};

use tools::{curl, need};

/// "Пример тела запроса" of the document, as it stands there.
const EXAMPLE: &str = include_str!("example-body.json");

/// A server that trusts one key of another's making, and a patient.
struct Stage {
    installation: Installation,
    crowd: Crowd,
}

impl Stage {
    fn trusting(jwk: &Value) -> Self {
        let installation = Installation::new(env!("CARGO_BIN_EXE_talon"));
        installation.trust(std::slice::from_ref(jwk));
        let crowd = Crowd::new(1, 1, 1);
        installation.import(&crowd.region);
        Self { installation, crowd }
    }

    fn person(&self) -> &str {
        &self.crowd.patients[0].person.guid
    }

    /// The document's example with its variables filled in.
    fn body(&self) -> String {
        let patient = &self.crowd.patients[0];
        let slot = &patient.slot;
        EXAMPLE
            .replace("{{directionId}}", &patient.referral.id())
            .replace("{{directionLpu}}", &slot.facility)
            .replace("{{directionDoctorId}}", &format!("{}{}", slot.facility, slot.resource))
            .replace("{{directionDate}}", &slot.start.date().to_string())
            .replace("{{directionTime}}", &slot.start.strftime("%H:%M").to_string())
    }

    /// Sends the example with a token; it must be booked, and asked again give the same bytes.
    #[track_caller]
    fn books_with(&self, token: &str) {
        let server = Server::start(&self.installation);
        let url = format!("http://{}/iemk/directions/entry", server.address);
        let (status, answer) = curl(&url, token, &self.body(), self.installation.directory());
        assert_eq!(status, "200", "{answer}");
        let ledger = Ledger::read(self.installation.store());
        let entry = &ledger.entries[0];
        assert_eq!(answer, format!(r#"{{"Entry_id":"{}","Ticket":"{}"}}"#, entry.id, entry.ticket));
        assert_eq!(entry.ticket, "Т-001");
        assert_eq!(curl(&url, token, &self.body(), self.installation.directory()), (status, answer));
    }
}

#[test]
fn a_token_signed_by_openssl_books() {
    need("openssl");
    need("curl");
    let key = openssl::ed25519();
    let stage = Stage::trusting(&key.jwk);
    stage.books_with(&key.token(stage.person()));
}

#[test]
fn an_rs256_token_of_pyjwt_books() {
    need("curl");
    let key = pyjwt::key("RS256");
    let stage = Stage::trusting(&key.jwk);
    stage.books_with(&key.token(stage.person()));
}

#[test]
fn an_es256_token_of_pyjwt_books() {
    need("curl");
    let key = pyjwt::key("ES256");
    let stage = Stage::trusting(&key.jwk);
    stage.books_with(&key.token(stage.person()));
}
