//! Single lines: every fault is named, at once, and none of the values.

use proptest::prelude::*;
use serde_json::{Value, json};
use talon_region::{LINE_BYTES, LineFault, parse_line};

use crate::common::*;

fn faults(line: &str) -> Vec<(String, String)> {
    let faults = parse_line(line).expect_err(line);
    faults.into_iter().map(|LineFault { key, what }| (key, what)).collect()
}

fn keys(line: &Value) -> Vec<String> {
    faults(&line.to_string()).into_iter().map(|(key, _)| key).collect()
}

/// The one fault that setting a key to a value makes.
fn fault(line: Value, key: &str, value: Value) -> String {
    // Null has to be set, not taken out.
    let mut line = line;
    line[key] = value;
    let found = parse_line(&line.to_string()).expect_err(&line.to_string());
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].to_string()
}

fn good_lines() -> Vec<Value> {
    let with_all = with(with(slot(6, "2026-04-14T09:00"), "template", json!(guid(7))), "min_age", json!(3));
    let with_all = with(with_all, "absent", json!(true));
    let with_all = with(with_all, "release", json!({"at": "2026-04-13T18:00", "rights": ["Infomat"]}));
    vec![
        specialty(),
        facility(1),
        with(resource(2), "max_age", json!(17)),
        client(8),
        with(person(3), "snils", json!("11223344595")),
        with(card(4, 3), "email", json!("some@mail.ru")),
        referral(5, 3),
        template(7),
        with_all,
        with(entry(9, 6, 3), "start", json!("2026-04-14T09:00:00+03:00")),
        json!({"type": "counter", "facility": guid(1), "day": "2026-04-14", "last": 47}),
        json!({"type": "message", "facility": guid(1), "entry": guid(9), "version": 1, "kind": "booked",
            "created": "2026-04-10T08:00:00Z"}),
        json!({"type": "audit", "guid": guid(10), "at": "2026-04-10T08:00:00.5Z", "request": guid(11),
            "action": "token", "outcome": "ok"}),
    ]
}

#[test]
fn type_is_read_anywhere_and_guids_in_any_spelling() {
    for line in good_lines() {
        let text = line.to_string();
        // serde_json's object is sorted, so `type` stands near the end already; put it first, too.
        let kind = line["type"].as_str().unwrap();
        let first = format!(r#" {{"type":"{kind}",{} "#, &with(line.clone(), "type", Value::Null).to_string()[1..]);
        assert_eq!(parse_line(&text), parse_line(&first));
        let (upper, plain) = (guid(1).to_uppercase(), guid(1).replace('-', ""));
        for spelling in [upper, plain] {
            assert_eq!(parse_line(&text), parse_line(&text.replace(&guid(1), &spelling)));
        }
        assert!(parse_line(&text).is_ok(), "{text}");
    }
}

#[test]
fn every_required_key_is_missed_and_every_other_may_be_null() {
    let optional = ["snils", "email", "template", "release", "min_age", "max_age", "absent"];
    for line in good_lines() {
        for key in line.as_object().unwrap().keys() {
            let without = with(line.clone(), key, Value::Null);
            let mut null = line.clone();
            null[key] = Value::Null;
            let entry_start = line["type"] == "entry" && key == "start";
            if optional.contains(&key.as_str()) || entry_start {
                assert!(parse_line(&without.to_string()).is_ok() && parse_line(&null.to_string()).is_ok(), "{key}");
                continue;
            }
            assert_eq!(keys(&without), [key.as_str()], "{line}");
            if !(key == "kind" && line["type"] == "referral") {
                assert_eq!(keys(&null), [key.as_str()], "{line}");
            }
        }
    }
}

#[test]
fn no_key_takes_a_value_of_another_type() {
    for line in good_lines() {
        for (key, value) in line.as_object().unwrap() {
            for other in [json!(true), json!(-1), json!(1.5), json!("\u{0}"), json!([{}]), json!({"x": 1}), json!([[]])]
            {
                if std::mem::discriminant(value) == std::mem::discriminant(&other) && value.is_boolean() {
                    continue;
                }
                let mut line = line.clone();
                line[key] = other;
                assert!(keys(&line).iter().all(|fault| fault.starts_with(key.as_str())), "{line}");
            }
        }
    }
}

#[test]
fn unknown_types_and_keys_and_repeated_keys_are_faults() {
    assert_eq!(fault(specialty(), "type", json!("doctor")).split(',').next(), Some("must be one of specialty"));
    assert_eq!(keys(&with(specialty(), "type", Value::Null)), ["type"]);
    assert_eq!(fault(specialty(), "colour", json!(1)), "there is no such key, key `colour`");
    let twice = r#"{"type":"specialty","code":"a","name":"b","letter":"c","name":"d","x":1,"x":2,"type":"card"}"#;
    let found: Vec<String> = parse_line(twice).unwrap_err().iter().map(ToString::to_string).collect();
    let expected = [
        "given more than once, key `name`",
        "there is no such key, key `x`",
        "given more than once, key `x`",
        "given more than once, key `type`",
    ];
    assert_eq!(found, expected);
    let long = format!(r#"{{"type":"specialty","code":"a","name":"b","letter":"c","{}`\n":1}}"#, "ж".repeat(100));
    assert_eq!(faults(&long)[0].0.chars().count(), 41, "an unknown key is shown cut");
    let nested = r#"{"type":"person","policy":{"number":"1","number":"2","x":null}}"#;
    let nested: Vec<String> = faults(nested).into_iter().map(|(key, _)| key).collect();
    assert!(nested.contains(&"policy.number".into()) && nested.contains(&"policy.x".into()), "{nested:?}");
}

#[test]
fn every_fault_of_a_line_is_named() {
    let line = json!({"type": "slot", "facility": "x", "resource": guid(2), "start": "2026-04-14 09:00",
        "minutes": 0, "places": 0, "rights": ["Internet", "Internet", "None", 5], "min_age": 10, "max_age": 9, "wo": 1,
        "release": {"at": "18:00", "days_before": 1}});
    let expected = [
        "facility",
        "guid",
        "start",
        "minutes",
        "places",
        "rights[1]",
        "rights[2]",
        "rights[3]",
        "release.at",
        "release.rights",
        "release.days_before",
        "max_age",
        "wo",
    ];
    assert_eq!(keys(&line), expected);
    let line = json!({"type": "template", "facility": guid(1), "guid": guid(7), "from": "2026-04-02",
        "until": "2026-04-01", "weekdays": ["mon", "Mon", "mon"], "parity": "all",
        "parts": [{"from": "08:00", "to": "08:00", "minutes": 20, "rights": []}, 5,
            {"from": "08:00", "to": "09:00", "minutes": 20, "rights": [], "release": {"days_before": 367, "at": "24:00"}}],
        "breaks": [{"from": "1:00"}],
        "exceptions": [{"from": "2026-04-03", "until": "2026-04-02", "parts": [{"from": "24:00"}]}]});
    let expected = [
        "resource",
        "weekdays[1]",
        "weekdays[2]",
        "parity",
        "parts[1]",
        "parts[2].release.days_before",
        "parts[2].release.at",
        "parts[2].release.rights",
        "breaks[0].from",
        "breaks[0].to",
        "exceptions[0].parts[0].from",
        "exceptions[0].parts[0].to",
        "exceptions[0].parts[0].minutes",
        "exceptions[0].parts[0].rights",
        "until",
    ];
    assert_eq!(keys(&line), expected);
    let mut sense = with(template(7), "guid", json!("?"));
    sense["parts"] = json!([{"from": "08:00", "to": "08:00", "minutes": 20, "rights": []}]);
    assert_eq!(keys(&sense), ["guid", "parts[0].to"]);
}

#[test]
fn values_out_of_their_bounds_are_faults() {
    let long = "я".repeat(501);
    for (line, key, value, expected) in [
        (facility(1), "name", json!(long), "longer than 500 characters, key `name`"),
        (facility(1), "name", json!(" \t"), "must not be empty, key `name`"),
        (facility(1), "name", json!("a\u{7}"), "must not contain control characters, key `name`"),
        (facility(1), "phone", json!(""), "must not be empty, key `phone`"),
        (facility(1), "mkod", json!("12a"), "must be 1 to 20 digits, key `mkod`"),
        (facility(1), "mkod", json!(12), "must be 1 to 20 digits, key `mkod`"),
        (facility(1), "zone", json!("Moscow"), "must be an IANA time zone such as Europe/Moscow, key `zone`"),
        (facility(1), "schedule_days", json!(3661), "must be a whole number from 0 to 3660, key `schedule_days`"),
        (facility(1), "schedule_days", json!(14.0), "must be a whole number from 0 to 3660, key `schedule_days`"),
        (specialty(), "letter", json!("АБВ"), "must be one or two letters, key `letter`"),
        (specialty(), "letter", json!("1"), "must be one or two letters, key `letter`"),
        (resource(2), "kind", json!("Doctor"), "must be one of doctor, room, equipment, key `kind`"),
        (resource(2), "max_age", json!(151), "must be a whole number from 0 to 150, key `max_age`"),
        (person(3), "birth_date", json!("1981-02-29"), "must be a day as YYYY-MM-DD, key `birth_date`"),
        (person(3), "policy", json!({"series": "1"}), "missing, key `policy.number`"),
        (person(3), "snils", json!("1122334459"), "must be 11 digits, with or without hyphens and blanks, key `snils`"),
        (card(4, 3), "email", json!("a@b.ru\r\nBcc: c@d.ru"), "must be one e-mail address, key `email`"),
        (card(4, 3), "dispensary", json!(["a", "a"]), "given more than once, key `dispensary[1]`"),
        (card(4, 3), "self_booking_barred", json!("false"), "must be true or false, key `self_booking_barred`"),
        (referral(5, 3), "kind", json!("visit"), "must be one of consultation, diagnostic, duvisit, key `kind`"),
        (referral(5, 3), "valid_until", json!("2026-03-31"), "before issued, key `valid_until`"),
        (
            slot(6, "2026-04-14T09:00"),
            "start",
            json!("2026-04-14T09:00:00"),
            "must be a time as YYYY-MM-DDTHH:MM, local to the facility, key `start`",
        ),
        (slot(6, "2026-04-14T09:00"), "minutes", json!(1441), "must be a whole number from 1 to 1440, key `minutes`"),
        (slot(6, "2026-04-14T09:00"), "rights", json!("Internet"), "must be a list, key `rights`"),
        (client(8), "functions", json!({"Visit": []}), "there is no such key, key `functions.Visit`"),
        (client(8), "secret_hash", json!("secret"), "must be an argon2 hash in PHC form, key `secret_hash`"),
        (entry(9, 6, 3), "referral", json!(guid(5)), "must be two guids, the issuing facility's first, key `referral`"),
        (
            entry(9, 6, 3),
            "booked_at",
            json!("2026-04-10T08:00:00"),
            "must be an instant as YYYY-MM-DDTHH:MM:SSZ, key `booked_at`",
        ),
    ] {
        assert_eq!(fault(line, key, value), expected);
    }
}

#[test]
fn what_is_no_object_is_one_fault() {
    for (line, what) in [
        ("", "not JSON: EOF while parsing a value at column 0"),
        ("[]", "not an object"),
        ("{} {}", "not JSON: trailing characters at column 4"),
        ("{\"a\":\"\u{1}\"}", "not JSON: control character (\\u0000-\\u001F) found while parsing a string at column 7"),
        (r#"{"a":"\ud800"}"#, "not JSON: unexpected end of hex escape at column 13"),
    ] {
        assert_eq!(faults(line), [(String::new(), what.to_owned())]);
    }
    assert_eq!(faults(&"[".repeat(5000))[0].1, "not JSON: recursion limit exceeded at column 128");
    assert_eq!(faults(&" ".repeat(LINE_BYTES + 1))[0].1, "longer than 1048576 bytes");
}

#[test]
fn a_line_of_nothing_but_unknown_keys_does_not_take_long() {
    let members: Vec<String> = (0..80_000).map(|number| format!(r#""k{number}":0"#)).collect();
    let found = parse_line(&format!(r#"{{"type":"specialty",{}}}"#, members.join(","))).unwrap_err();
    assert_eq!(found.len(), 80_003);
}

#[test]
fn no_fault_repeats_a_value() {
    let mut line = person(3);
    for (key, value) in
        [("family", json!(["КАНАРЕЙКА"])), ("birth_date", json!("КАНАРЕЙКА")), ("sex", json!("КАНАРЕЙКА"))]
    {
        line[key] = value;
    }
    line["policy"] = json!({"number": {"КАНАРЕЙКА": 1}});
    line["snils"] = json!("КАНАРЕЙКА");
    let text = line.to_string();
    for text in [text.clone(), text[..text.len() - 4].to_owned()] {
        let shown = format!("{:?}", parse_line(&text).unwrap_err());
        assert!(!shown.contains("КАНАРЕЙКА"), "{shown}");
    }
}

/// A good line with pieces cut out, put in or exchanged.
fn mutated() -> impl Strategy<Value = String> {
    let lines: Vec<String> = good_lines().iter().map(ToString::to_string).collect();
    let pieces = ["\"", "{", "}", "[", ",", ":", "null", "-1", "1e999", "\u{0}", "ё", "\\u0000", "24:00", "9999-12-31"];
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::sample::select(pieces.to_vec()));
    (prop::sample::select(lines), proptest::collection::vec(edit, 0..6)).prop_map(|(line, edits)| {
        let mut line: Vec<char> = line.chars().collect();
        for (from, length, piece) in edits {
            let from = from.index(line.len() + 1);
            let until = (from + length.index(12)).min(line.len());
            line.splice(from..until, piece.chars());
        }
        line.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_a_line_or_has_faults(text in any::<String>()) {
        prop_assert!(parse_line(&text).is_ok_and(|_| true) || !parse_line(&text).unwrap_err().is_empty());
    }

    #[test]
    fn a_mutated_line_is_a_line_or_has_faults(text in mutated()) {
        if let Err(faults) = parse_line(&text) {
            prop_assert!(!faults.is_empty());
        }
    }
}
