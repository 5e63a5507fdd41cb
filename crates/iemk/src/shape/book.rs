//! The body of a booking.

use axum::http::HeaderMap;
use jiff::civil::{Date, Time};
use talon_app::BookRequest;
use talon_domain::{
    booking::IdempotencyKey,
    email::Email,
    facility::LpuCode,
    ids::{ReferralKey, ResourceKey},
};

use super::{
    field::{Fault, Faults, FieldFault, date, time},
    idempotency,
    object::Object,
};

/// What is wrong with the shape of a booking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ShapeFault {
    /// `time` or `resource_id` is an empty string, and nothing else is wrong: message 4036.
    Empty,
    /// A referral without its kind, or a kind without a referral, and nothing is wrong otherwise: message 4033.
    PairIncomplete,
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
            faults.add_repeated(&object, TIME_FIELDS);
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
    let email = faults.optional(object, "email", email);
    faults.add_repeated(object, FIELDS);
    Some(BookRequest { email, ..asked? })
}

/// Those that say which time is asked for.
fn time_fields(object: &Object, faults: &mut Faults) -> Option<BookRequest> {
    let referral = faults.required(object, "direction_id", referral);
    let lpu = faults.required(object, "lpu_code", lpu);
    let resource = faults.required(object, "resource_id", resource);
    let day = faults.required(object, "day", day);
    let time = faults.required(object, "time", local_time);
    let (referral, lpu, resource, day, time) = (referral?, lpu?, resource?, day?, time?);
    let (kind, cell) = (None, None);
    Some(BookRequest { lpu, referral: Some(referral), kind, resource, cell, day, time, email: None, idempotency: None })
}

const TIME_FIELDS: &[&str] = &["direction_id", "lpu_code", "resource_id", "day", "time"];
const FIELDS: &[&str] = &["direction_id", "lpu_code", "resource_id", "day", "time", "email"];

fn referral(text: &str) -> Result<ReferralKey, Fault> {
    ReferralKey::parse(text).map_err(|_| Fault::ReferralId)
}

pub(super) fn lpu(text: &str) -> Result<LpuCode, Fault> {
    LpuCode::parse(text).map_err(|_| Fault::LpuCode)
}

fn resource(text: &str) -> Result<ResourceKey, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    ResourceKey::parse(text).map_err(|_| Fault::ResourceId)
}

pub(super) fn day(text: &str) -> Result<Date, Fault> {
    date(text).ok_or(Fault::Day)
}

pub(super) fn local_time(text: &str) -> Result<Time, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    time(text).ok_or(Fault::Time)
}

pub(super) fn email(text: &str) -> Result<Option<Email>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    Email::parse(text).map(Some).map_err(|_| Fault::Email)
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
