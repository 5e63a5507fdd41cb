//! The portal whose tokens the clients bring.

use talon_testkit::{AUDIENCE, ISSUER, PersonRef, TestKey};

/// The portal's key.
pub(crate) fn key() -> TestKey {
    TestKey::generate("lab-1")
}

/// A token for a person, valid for an hour from now: a run may take longer than that, so each request
/// has its own.
pub(crate) fn of(key: &TestKey, person: &PersonRef) -> String {
    key.token(ISSUER, AUDIENCE, &person.guid)
}
