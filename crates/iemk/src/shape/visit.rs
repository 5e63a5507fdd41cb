//! A visit: the facility in the path and, in the body, a cell or a resource and a time.

use axum::http::HeaderMap;
use jiff::civil::{Date, Time};
use serde_json::Value;
use talon_app::{VisitRequest, Wanted};
use talon_domain::{
    booking::IdempotencyKey,
    ids::{FacilityId, ReferralKey, ResourceId, ResourceKey, SlotId},
    referral::ReferralKind,
};

use super::{
    ShapeFault,
    book::{email, lpu},
    field::{Fault, Faults, date, not_an_object, time},
    idempotency,
    object::{Found, Object},
};

/// Reads one. Keys that the family does not name are ignored, except that none may be given twice.
pub(crate) fn read_visit(facility: &str, headers: &HeaderMap, body: &[u8]) -> Result<VisitRequest, ShapeFault> {
    let key = idempotency::key(headers);
    let mut faults = Faults::default();
    let lpu = faults.read("lpuGuid", facility, lpu);
    let object = Object::read(body);
    let asked = match &object {
        Some(object) => Some(Asked::read(object, &mut faults)),
        None => {
            faults.0.extend(not_an_object());
            None
        }
    };
    if key.is_err() {
        faults.add(idempotency::NAME, Fault::IdempotencyKey);
    }
    let (Some(lpu), Some(object), Some(asked), Ok(key), true) = (lpu, object, asked, key, faults.0.is_empty()) else {
        return Err(faults.into());
    };
    let referral = match (asked.referral, asked.kind) {
        (Some(referral), Some(kind)) => Some((referral, kind)),
        (None, None) => None,
        _ => return Err(ShapeFault::PairIncomplete),
    };
    let wanted = match (asked.cell, asked.resource.zip(asked.at)) {
        (Some(cell), _) => Wanted::Cell(cell),
        (None, Some((resource, (day, time)))) => Wanted::Time { resource, day, time },
        (None, None) => return Err(ShapeFault::Empty),
    };
    // The facility is part of what is asked for, and stands in the path.
    let idempotency = key.map(|key| IdempotencyKey { key: key.to_owned(), body: object.digest_at(facility) });
    Ok(VisitRequest { lpu, wanted, referral, email: asked.email.filter(|_| asked.agreed), idempotency })
}

const FIELDS: &[&str] =
    &["timeTable", "docGuid", "dateTime", "email", "email_confirm_agree", "directionID", "directionType"];

/// The fields of the body.
struct Asked {
    cell: Option<SlotId>,
    resource: Option<(Option<FacilityId>, ResourceId)>,
    at: Option<(Date, Time)>,
    email: Option<talon_domain::email::Email>,
    agreed: bool,
    referral: Option<ReferralKey>,
    kind: Option<ReferralKind>,
}

impl Asked {
    /// Reads the fields in their order and notes the faults of all of them.
    fn read(object: &Object, faults: &mut Faults) -> Self {
        let cell = faults.optional(object, "timeTable", |text| guid(text, SlotId::parse));
        let by_cell = cell.is_some() || faults.0.iter().any(|fault| fault.field == "timeTable");
        let resource = faults.optional(object, "docGuid", resource);
        let at = faults.optional(object, "dateTime", date_and_time);
        // A cell says both; without one neither may be missing (message 4036).
        for (name, given) in [("docGuid", resource.is_some()), ("dateTime", at.is_some())] {
            if !by_cell && !given && !faults.0.iter().any(|fault| fault.field == name) {
                faults.add(name, Fault::Empty);
            }
        }
        let email = faults.optional(object, "email", email);
        let agreed = agreed(object, faults);
        let referral = faults.optional(object, "directionID", referral);
        let kind = faults.optional(object, "directionType", kind);
        faults.add_repeated(object, FIELDS);
        Self { cell, resource, at, email, agreed, referral, kind }
    }
}

fn guid<T, E>(text: &str, parse: fn(&str) -> Result<T, E>) -> Result<Option<T>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).map_err(|_| Fault::Guid)
}

/// A resource by its guid, or with its facility's before it.
fn resource(text: &str) -> Result<Option<(Option<FacilityId>, ResourceId)>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(resource) = ResourceId::parse(text) {
        return Ok(Some((None, resource)));
    }
    let key = ResourceKey::parse(text).map_err(|_| Fault::Resource)?;
    Ok(Some((Some(key.facility), key.resource)))
}

/// `YYYY-MM-DDTHH:MM`, with seconds or without.
fn date_and_time(text: &str) -> Result<Option<(Date, Time)>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (day, clock) = text.split_once('T')?;
        let (minute, seconds) = clock.split_at_checked(5)?;
        let read = time(minute)?;
        let seconds = match seconds.as_bytes() {
            [] => 0,
            [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9'] => (tens - b'0') * 10 + (ones - b'0'),
            _ => return None,
        };
        let read = Time::new(read.hour(), read.minute(), i8::try_from(seconds).ok()?, 0).ok()?;
        Some((date(day)?, read))
    };
    read().map(Some).ok_or(Fault::DateTime)
}

fn referral(text: &str) -> Result<Option<ReferralKey>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    ReferralKey::parse(text).map(Some).map_err(|_| Fault::ReferralId)
}

fn kind(text: &str) -> Result<Option<ReferralKind>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    ReferralKind::from_code(text).map(Some).ok_or(Fault::ReferralKind)
}

/// Without a word the patient has not agreed.
fn agreed(object: &Object, faults: &mut Faults) -> bool {
    let fault = match object.find("email_confirm_agree") {
        Found::Nowhere | Found::Once(Value::Null) => return false,
        Found::Once(Value::Bool(agreed)) => return *agreed,
        Found::Once(_) => Fault::NotATruth,
        Found::Repeatedly => Fault::Repeated,
    };
    faults.add("email_confirm_agree", fault);
    false
}

#[cfg(test)]
mod tests;
