//! An `Authorization` header: nothing that was not signed is ever believed.
#![no_main]

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use talon_domain::{access::Channel, reference::Reference};
use talon_tokens::{Issuer, KeySource, OwnKey, Verifier};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let key = Arc::new(OwnKey::generate().unwrap());
    let own = Issuer {
        name: "talon".to_owned(),
        audience: vec!["talon".to_owned()],
        channels: Channel::ALL.to_vec(),
        keys: KeySource::Own(key),
    };
    Verifier::new(vec![own], 16).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_second(1_776_157_200).unwrap();
    let reference = Reference::default();
    // The key was drawn a moment ago: nothing the fuzzer makes up can be signed with it.
    assert!(VERIFIER.verify(Some(bytes), &reference, now).is_err());
    let header = [b"Bearer ".as_slice(), bytes].concat();
    assert!(VERIFIER.verify(Some(&header), &reference, now).is_err());
});
