//! Shapes of a booking's body.

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::*;
use crate::shape::field::MOST_FAULTS;

const REFERRAL: &str = "0f8fad5b-d9cb-469f-a165-70867728950e7c9e6679-7425-40de-944b-e07fc1f90ae7";
const RESOURCE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e3f333df6-90a4-4fda-8dd3-9485d27cee36";

fn good() -> Value {
    json!({
        "direction_id": REFERRAL,
        "lpu_code": "0123456",
        "resource_id": RESOURCE,
        "day": "2026-04-14",
        "time": "09:20",
        "email": "some@mail.ru",
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut body = good();
    body[key] = value;
    body
}

fn read(body: &str) -> Result<BookRequest, ShapeFault> {
    read_booking(&HeaderMap::new(), body.as_bytes())
}

fn faults(body: &str) -> Vec<(String, Fault)> {
    match read(body) {
        Err(ShapeFault::Faulty(faults)) => faults.into_iter().map(|fault| (fault.field, fault.fault)).collect(),
        other => panic!("{other:?}"),
    }
}

fn fault(key: &str, value: Value) -> Vec<(String, Fault)> {
    faults(&with(key, value).to_string())
}

#[test]
fn the_documents_body_is_read() {
    let asked = read(&good().to_string()).unwrap();
    assert_eq!(asked.referral.map(|referral| referral.to_string()).as_deref(), Some(REFERRAL));
    assert_eq!(asked.resource.to_string(), RESOURCE);
    assert_eq!(asked.lpu.sent, "0123456");
    assert_eq!((asked.day, asked.time), (jiff::civil::date(2026, 4, 14), jiff::civil::time(9, 20, 0, 0)));
    assert_eq!(asked.email.as_ref().map(Email::as_str), Some("some@mail.ru"));
    assert_eq!(asked.idempotency, None);
}

#[test]
fn an_absent_a_null_and_an_empty_email_are_alike() {
    let mut absent = good();
    absent.as_object_mut().unwrap().remove("email");
    for body in [absent, with("email", Value::Null), with("email", json!(""))] {
        assert_eq!(read(&body.to_string()).unwrap().email, None);
    }
}

#[test]
fn other_keys_are_ignored() {
    let body = with("patient_id", json!({"role": ["admin", null, 1.5]}));
    assert!(read(&body.to_string()).is_ok());
}

#[test]
fn every_faulty_field_is_told_of_at_once_in_the_documents_order() {
    let required = FIELDS[..5].iter().map(|name| ((*name).to_owned(), Fault::Missing));
    assert_eq!(faults("{}"), required.collect::<Vec<_>>());
    let body = r#"{"email":"x","time":"9:20","day":"14.04.2026","resource_id":7,"lpu_code":null,"direction_id":"x"}"#;
    let expected = [
        ("direction_id", Fault::ReferralId),
        ("lpu_code", Fault::Missing),
        ("resource_id", Fault::NotAString),
        ("day", Fault::Day),
        ("time", Fault::Time),
        ("email", Fault::Email),
    ];
    assert_eq!(faults(body), expected.map(|(name, fault)| (name.to_owned(), fault)));
}

#[test]
fn each_type_and_format() {
    for value in [json!(1), json!(true), json!([]), json!({}), json!([REFERRAL])] {
        for name in FIELDS {
            assert_eq!(fault(name, value.clone()), [((*name).to_owned(), Fault::NotAString)]);
        }
    }
    assert_eq!(fault("direction_id", json!("")), [("direction_id".to_owned(), Fault::ReferralId)]);
    assert_eq!(fault("lpu_code", json!("")), [("lpu_code".to_owned(), Fault::LpuCode)]);
    assert_eq!(fault("day", json!("")), [("day".to_owned(), Fault::Day)]);
    assert_eq!(fault("resource_id", json!(" ")), [("resource_id".to_owned(), Fault::ResourceId)]);
    assert_eq!(fault("email", json!("a@mail.ru\r\nBcc: b@mail.ru")), [("email".to_owned(), Fault::Email)]);
}

#[test]
fn an_empty_time_or_resource_alone_has_a_message_of_its_own() {
    assert_eq!(read(&with("time", json!("")).to_string()).unwrap_err(), ShapeFault::Empty);
    assert_eq!(read(&with("resource_id", json!("")).to_string()).unwrap_err(), ShapeFault::Empty);
    let mut both = with("time", json!(""));
    both["resource_id"] = json!("");
    assert_eq!(read(&both.to_string()).unwrap_err(), ShapeFault::Empty);
    both["day"] = json!("x");
    let expected = [("resource_id", Fault::Empty), ("day", Fault::Day), ("time", Fault::Empty)];
    assert_eq!(faults(&both.to_string()), expected.map(|(name, fault)| (name.to_owned(), fault)));
}

#[test]
fn a_key_given_twice_is_a_fault_whatever_it_is() {
    let body = good().to_string();
    let twice = format!(r#"{},"x":1,"time":"09:20","email":null,"x":1}}"#, body.strip_suffix('}').unwrap());
    let expected = ["time", "email", "x"].map(|name| (name.to_owned(), Fault::Repeated));
    assert_eq!(faults(&twice), expected);
}

#[test]
fn a_body_that_is_no_object_is_one_fault() {
    for body in ["", "[]", "null", "{", "\u{feff}{}"] {
        assert_eq!(faults(body), [(String::new(), Fault::NotAnObject)], "{body}");
    }
}

#[test]
fn the_list_of_faults_is_bounded() {
    let keys: String = (0..1000).map(|n| format!(r#""k{n}":1,"k{n}":1,"#)).collect();
    let body = format!("{{{keys}{}", good().to_string().strip_prefix('{').unwrap());
    assert_eq!(faults(&body).len(), MOST_FAULTS);
}

#[test]
fn an_idempotency_key_comes_with_the_bodys_digest() {
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static("k-1"));
    let one = read_booking(&headers, good().to_string().as_bytes()).unwrap().idempotency.unwrap();
    let spaced = serde_json::to_vec_pretty(&good()).unwrap();
    assert_eq!(read_booking(&headers, &spaced).unwrap().idempotency, Some(one.clone()));
    let other = with("email", Value::Null).to_string();
    assert_ne!(read_booking(&headers, other.as_bytes()).unwrap().idempotency, Some(one));
}

#[test]
fn a_faulty_idempotency_key_is_told_of_beside_the_body() {
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static("a b"));
    let Err(ShapeFault::Faulty(faults)) = read_booking(&headers, with("day", json!("x")).to_string().as_bytes()) else {
        panic!("accepted");
    };
    let expected = [("day", Fault::Day), ("Idempotency-Key", Fault::IdempotencyKey)];
    assert_eq!(faults, expected.map(|(field, fault)| FieldFault { field: field.to_owned(), fault }));
}
