//! The body of a booking.

use axum::http::HeaderMap;
use jiff::civil::{Date, Time};
use serde_json::Value;
use talon_app::BookRequest;
use talon_domain::{
    booking::IdempotencyKey,
    email::Email,
    facility::LpuCode,
    ids::{ReferralKey, ResourceKey},
};

use super::{
    field::{Fault, Faults, FieldFault, Reader, date, time},
    idempotency,
    object::{Found, Object},
};

/// What is wrong with the shape of a booking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ShapeFault {
    /// `time` or `resource_id` is an empty string, and nothing else is wrong: message 4036.
    Empty,
    /// Every faulty field: the document's in its order, then others as they were met, then headers.
    Faulty(Vec<FieldFault>),
}

/// Reads a booking. Keys that the document does not name are ignored, except that none may be
/// given twice.
pub(crate) fn read_booking(headers: &HeaderMap, body: &[u8]) -> Result<BookRequest, ShapeFault> {
    let key = idempotency::key(headers);
    let mut faults = Faults::default();
    let object = Object::read(body);
    let asked = match &object {
        Some(object) => fields(object, &mut faults),
        None => {
            faults.add("", Fault::NotAnObject);
            None
        }
    };
    if key.is_err() {
        faults.add(idempotency::NAME, Fault::IdempotencyKey);
    }
    let (Some(asked), Some(object), Ok(key), true) = (asked, object, key, faults.0.is_empty()) else {
        return Err(faults.into());
    };
    let idempotency = key.map(|key| IdempotencyKey { key: key.to_owned(), body: object.digest() });
    Ok(BookRequest { idempotency, ..asked })
}

/// Reads a request to hold a time: a booking's fields without the e-mail, which is not asked for before there is
/// something to tell.
pub(crate) fn read_hold(body: &[u8]) -> Result<BookRequest, ShapeFault> {
    let mut faults = Faults::default();
    let asked = match Object::read(body) {
        Some(object) => {
            let asked = time_fields(&object, &mut faults);
            repeated(&object, TIME_FIELDS, &mut faults);
            asked
        }
        None => {
            faults.add("", Fault::NotAnObject);
            None
        }
    };
    asked.filter(|_| faults.0.is_empty()).ok_or_else(|| faults.into())
}

/// Reads the document's fields, in its order, and notes the faults of all of them.
fn fields(object: &Object, faults: &mut Faults) -> Option<BookRequest> {
    let asked = time_fields(object, faults);
    let email = optional(object, "email", faults, email);
    repeated(object, FIELDS, faults);
    Some(BookRequest { email, ..asked? })
}

/// Those that say which time is asked for.
fn time_fields(object: &Object, faults: &mut Faults) -> Option<BookRequest> {
    let referral = required(object, "direction_id", faults, referral);
    let lpu = required(object, "lpu_code", faults, lpu);
    let resource = required(object, "resource_id", faults, resource);
    let day = required(object, "day", faults, day);
    let time = required(object, "time", faults, local_time);
    let (referral, lpu, resource, day, time) = (referral?, lpu?, resource?, day?, time?);
    Some(BookRequest { lpu, referral: Some(referral), resource, day, time, email: None, idempotency: None })
}

const TIME_FIELDS: &[&str] = &["direction_id", "lpu_code", "resource_id", "day", "time"];
const FIELDS: &[&str] = &["direction_id", "lpu_code", "resource_id", "day", "time", "email"];

fn referral(text: &str) -> Result<ReferralKey, Fault> {
    ReferralKey::parse(text).map_err(|_| Fault::ReferralId)
}

fn lpu(text: &str) -> Result<LpuCode, Fault> {
    LpuCode::parse(text).map_err(|_| Fault::LpuCode)
}

fn resource(text: &str) -> Result<ResourceKey, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    ResourceKey::parse(text).map_err(|_| Fault::ResourceId)
}

fn day(text: &str) -> Result<Date, Fault> {
    date(text).ok_or(Fault::Day)
}

fn local_time(text: &str) -> Result<Time, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    time(text).ok_or(Fault::Time)
}

fn email(text: &str) -> Result<Option<Email>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    Email::parse(text).map(Some).map_err(|_| Fault::Email)
}

/// Notes the keys that are given more than once and are none of `read`, whose own readers note that.
fn repeated(object: &Object, read: &[&str], faults: &mut Faults) {
    for key in object.repeated_keys() {
        if !read.contains(&key) {
            faults.add(key, Fault::Repeated);
        }
    }
}

/// A required string; a fault is noted and gives `None`.
fn required<T>(object: &Object, name: &str, faults: &mut Faults, read: Reader<T>) -> Option<T> {
    let outcome = match object.find(name) {
        Found::Nowhere | Found::Once(Value::Null) => Err(Fault::Missing),
        Found::Once(Value::String(text)) => read(text),
        Found::Once(_) => Err(Fault::NotAString),
        Found::Repeatedly => Err(Fault::Repeated),
    };
    outcome.map_err(|fault| faults.add(name, fault)).ok()
}

/// An optional string: null counts as absent.
fn optional<T>(object: &Object, name: &str, faults: &mut Faults, read: Reader<Option<T>>) -> Option<T> {
    let outcome = match object.find(name) {
        Found::Nowhere | Found::Once(Value::Null) => Ok(None),
        Found::Once(Value::String(text)) => read(text),
        Found::Once(_) => Err(Fault::NotAString),
        Found::Repeatedly => Err(Fault::Repeated),
    };
    outcome.map_err(|fault| faults.add(name, fault)).ok().flatten()
}

impl From<Faults> for ShapeFault {
    fn from(faults: Faults) -> Self {
        match faults.0.iter().all(|fault| fault.fault == Fault::Empty) {
            true => Self::Empty,
            false => Self::Faulty(faults.0),
        }
    }
}

#[cfg(test)]
mod tests;
