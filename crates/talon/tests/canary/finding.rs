//! The search must be able to find. What is looked for here was written down by other programs, so that a mistake in
//! `forms` is not repeated.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use talon_testkit::{AUDIENCE, ISSUER, TestKey};

use crate::{
    canaries::{FAMILY, OTHER_EMAIL, POLICY, REASON},
    search::Search,
};

#[test]
fn a_canary_is_found_however_it_is_written() {
    let search = Search::new(&[], &[]);
    let written: &[(&str, &[u8])] = &[
        (FAMILY, "Канарейкина".as_bytes()),
        (FAMILY, "КАНАРЕЙКИНА".as_bytes()),
        (FAMILY, "канарейкина".as_bytes()),
        (FAMILY, b"%D0%9A%D0%B0%D0%BD%D0%B0%D1%80%D0%B5%D0%B9%D0%BA%D0%B8%D0%BD%D0%B0"),
        (FAMILY, b"%d0%9a%d0%b0%d0%bd%d0%b0%d1%80%d0%b5%d0%b9%d0%ba%d0%b8%d0%bd%d0%b0"),
        (FAMILY, br"\u041a\u0430\u043d\u0430\u0440\u0435\u0439\u043a\u0438\u043d\u0430"),
        (FAMILY, br"\u041A\u0430\u043D\u0430\u0440\u0435\u0439\u043A\u0438\u043D\u0430"),
        (FAMILY, br"\u{41a}\u{430}\u{43d}\u{430}\u{440}\u{435}\u{439}\u{43a}\u{438}\u{43d}\u{430}"),
        (FAMILY, br"\xd0\xba\xd0\xb0\xd0\xbd\xd0\xb0\xd1\x80\xd0\xb5\xd0\xb9\xd0\xba\xd0\xb8\xd0\xbd\xd0\xb0"),
        (FAMILY, b"d09ad0b0d0bdd0b0d180d0b5d0b9d0bad0b8d0bdd0b0"),
        (FAMILY, b"\xca\xe0\xed\xe0\xf0\xe5\xe9\xea\xe8\xed\xe0"),
        (FAMILY, b"cae0ede0f0e5e9eae8ede0"),
        (FAMILY, b"%CA%C0%CD%C0%D0%C5%C9%CA%C8%CD%C0"),
        (FAMILY, "Ð\u{9a}Ð°Ð½Ð°Ñ\u{80}ÐµÐ¹ÐºÐ¸Ð½Ð°".as_bytes()),
        (FAMILY, b"[208, 154, 208, 176, 208, 189, 208, 176, 209, 128, 208, 181, 208, 185, 208, 186, 208, 184, 208, 189, 208, 176]"),
        // Tokens' payloads and credentials, with 0, 1 and 2 bytes more than a multiple of three before the canary.
        (FAMILY, b"eyJuYW1lIjoi0JrQsNC90LDRgNC10LnQutC40L3QsCDQmtC10L3QsNGA0LjQsNC90LAifQ"),
        (FAMILY, b"eyJzdWIiOiJhIiwibmFtZSI6ItCa0LDQvdCw0YDQtdC50LrQuNC90LAg0JrQtdC90LDRgNC40LDQvdCwIn0"),
        (POLICY, b"Basic eHl6NTU1MDAwMTExMjIyMzMzNA=="),
        (POLICY, b"Basic eHk1NTUwMDAxMTEyMjIzMzM0"),
        (POLICY, b"Basic eDU1NTAwMDExMTIyMjMzMzQ="),
        (OTHER_EMAIL, b"to=kanareyka.iz.zaprosa%40mail.ru"),
        (OTHER_EMAIL, b"6B616E617265796B612E697A2E7A6170726F7361406D61696C2E7275"),
        (REASON, b"%D1%83%D0%BB%D0%B5%D1%82%D0%B0%D1%8E+%D0%BD%D0%B0+%D1%8E%D0%B3+%D0%BA+%D0%B7%D0%B5%D0%BB%D0%B5%D0%BD%D1%83%D1%88%D0%BA%D0%B0%D0%BC"),
    ];
    for (canary, written) in written.iter().copied() {
        let line = [b"{\"message\":\"", written, b"\"}\n"].concat();
        let found = search.found(&line);
        assert!(found.contains_key(canary), "{} in {found:?}", String::from_utf8_lossy(written));
    }
}

#[test]
fn a_token_and_a_secret_are_found() {
    let token = TestKey::generate("k").token(ISSUER, AUDIENCE, "9e500000-0000-4000-8000-000000000001");
    let search = Search::new(&["Otnyud-ne-tajna".to_owned()], std::slice::from_ref(&token));
    let [head, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    for part in [head, payload, signature, &token] {
        assert!(!search.found(format!("token={part}").as_bytes()).is_empty(), "{part}");
    }
    for before in ["", "a", "ab", "c1a5b7d9-2e4f-4a6b-8c0d-1e2f3a4b5c03"] {
        let credentials = BASE64_STANDARD.encode(format!("{before}:Otnyud-ne-tajna"));
        assert!(search.found(credentials.as_bytes()).contains_key("Otnyud-ne-tajna"), "{credentials}");
    }
}

#[test]
fn what_may_be_told_is_not_found() {
    let line = json!({
        "timestamp": "2026-11-27T06:24:47.193107Z", "level": "INFO", "message": "answered", "status": 400,
        "trace_id": "fec73a48-a9a9-4686-9d4e-d3458a910bb2", "route": "/iemk/directions/entry", "reason": "validation",
        "person": "9e500000-0000-4000-8000-000000000001", "duration_ms": 0.310_729_555_000_111_2,
    });
    assert_eq!(Search::new(&[], &[]).found(line.to_string().as_bytes()).len(), 0);
}
