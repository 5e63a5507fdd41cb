//! The body of a request to join a waiting list, and which place a request is about.

use jiff::civil::{Date, Time};
use serde_json::Value;
use talon_app::WaitRequest;
use talon_domain::{
    facility::{FacilityName, LpuCode},
    ids::{FacilityId, ReferralId, ReferralKey, ResourceId, WaitingKey},
    resource::SpecialtyCode,
    waiting::ANY_TIME,
};

use super::{
    field::{Fault, Faults, FieldFault, bounded, date, time},
    object::{Found, Object},
};

/// Longest telephone accepted, in characters, with whatever is said beside it.
const LONGEST_PHONE: usize = 100;
/// Longest code of a specialty accepted, in characters.
const LONGEST_CODE: usize = 50;

/// What is wrong with the shape of a request to wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WaitFault {
    /// Of the three fields of a referral some are given and some are not, and nothing else is wrong.
    ReferralInPart,
    /// Every faulty field.
    Faulty(Vec<FieldFault>),
}

/// Reads a request to wait. Keys that are not ours are ignored, except that none may be given twice.
pub(crate) fn read_wait(body: &[u8]) -> Result<WaitRequest, WaitFault> {
    let mut faults = Faults::default();
    let Some(object) = Object::read(body) else {
        faults.add("", Fault::NotAnObject);
        return Err(WaitFault::Faulty(faults.0));
    };
    let lpu = faults.required(&object, "lpuGuid", lpu);
    let resource = faults.optional(&object, "doctorGuid", |text| given(text, resource));
    let specialty = faults.required(&object, "specialityCode", specialty);
    let phone = faults.optional(&object, "phone", |text| given(text, phone));
    let dates = pair(&object, ("dateStart", "dateEnd"), &mut faults, |text| given(text, day));
    let times = pair(&object, ("timeStart", "timeEnd"), &mut faults, |text| given(text, minute));
    agreed(&object, &mut faults);
    let referral = faults.optional(&object, "DirectionGuid", |text| given(text, referral));
    let kind = faults.optional(&object, "DirectionType", |text| given(text, kind));
    let issuer = faults.optional(&object, "LpuFromGuid", |text| given(text, facility));
    faults.add_repeated(&object, FIELDS);
    let (Some(lpu), Some(specialty), true) = (lpu, specialty, faults.0.is_empty()) else {
        return Err(WaitFault::Faulty(faults.0));
    };
    let referral = match (referral, kind, issuer) {
        (None, None, None) => None,
        (Some(referral), Some(()), Some(facility)) => Some(ReferralKey { facility, referral }),
        _ => return Err(WaitFault::ReferralInPart),
    };
    let times = (times.0.unwrap_or(ANY_TIME.0), times.1.unwrap_or(ANY_TIME.1));
    let (from, until) = dates;
    Ok(WaitRequest { lpu, specialty, resource, referral, phone, from, until, times })
}

/// Reads the path's segment.
pub(crate) fn read_waiting_id(text: &str) -> Result<WaitingKey, Vec<FieldFault>> {
    WaitingKey::parse(text).map_err(|_| vec![FieldFault::new("id", Fault::WaitingId)])
}

const FIELDS: &[&str] = &[
    "lpuGuid",
    "doctorGuid",
    "specialityCode",
    "phone",
    "dateStart",
    "dateEnd",
    "timeStart",
    "timeEnd",
    "isAgree",
    "DirectionGuid",
    "DirectionType",
    "LpuFromGuid",
];

/// An empty text counts as absent.
fn given<T>(text: &str, read: fn(&str) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// A beginning and an end, of which either may be absent.
fn pair<T: PartialOrd>(
    object: &Object,
    (begin, end): (&str, &str),
    faults: &mut Faults,
    read: fn(&str) -> Result<Option<T>, Fault>,
) -> (Option<T>, Option<T>) {
    let (from, until) = (faults.optional(object, begin, read), faults.optional(object, end, read));
    if let (Some(from), Some(until)) = (&from, &until)
        && until < from
    {
        faults.add(end, Fault::EndBeforeBegin);
    }
    (from, until)
}

/// Whoever waits must have agreed to being told of a time.
fn agreed(object: &Object, faults: &mut Faults) {
    match object.find("isAgree") {
        Found::Once(Value::Bool(true)) => {}
        Found::Nowhere | Found::Once(Value::Null) => faults.add("isAgree", Fault::Missing),
        Found::Once(_) => faults.add("isAgree", Fault::NotAgreed),
        Found::Repeatedly => faults.add("isAgree", Fault::Repeated),
    }
}

fn lpu(text: &str) -> Result<LpuCode, Fault> {
    let id = facility(text)?;
    Ok(LpuCode { sent: text.to_owned(), name: FacilityName::Id(id) })
}

fn facility(text: &str) -> Result<FacilityId, Fault> {
    FacilityId::parse(text).map_err(|_| Fault::Guid)
}

fn resource(text: &str) -> Result<ResourceId, Fault> {
    ResourceId::parse(text).map_err(|_| Fault::Guid)
}

fn referral(text: &str) -> Result<ReferralId, Fault> {
    ReferralId::parse(text).map_err(|_| Fault::Guid)
}

/// The referral itself says of which kind it is; here it is enough that the caller has seen it.
fn kind(text: &str) -> Result<(), Fault> {
    bounded(text, LONGEST_CODE).map(drop)
}

fn specialty(text: &str) -> Result<SpecialtyCode, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    bounded(text, LONGEST_CODE).map(SpecialtyCode)
}

fn phone(text: &str) -> Result<String, Fault> {
    bounded(text, LONGEST_PHONE)
}

fn day(text: &str) -> Result<Date, Fault> {
    date(text).ok_or(Fault::Day)
}

fn minute(text: &str) -> Result<Time, Fault> {
    time(text).ok_or(Fault::Time)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    fn with(changes: Value) -> Vec<u8> {
        let mut body = json!({"lpuGuid": GUID, "specialityCode": "1", "isAgree": true});
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        body.to_string().into_bytes()
    }

    fn faults(changes: Value) -> Vec<(String, Fault)> {
        match read_wait(&with(changes)) {
            Err(WaitFault::Faulty(faults)) => faults.into_iter().map(|it| (it.field, it.fault)).collect(),
            Err(WaitFault::ReferralInPart) => vec![("referral".to_owned(), Fault::Missing)],
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn little_is_needed() {
        let empty = json!({"doctorGuid": "", "phone": null, "dateStart": "", "timeEnd": null, "DirectionGuid": ""});
        for changes in [json!({}), empty] {
            let asked = read_wait(&with(changes)).ok().unwrap();
            assert_eq!((asked.from, asked.until, asked.times), (None, None, ANY_TIME));
            assert!(asked.referral.is_none() && asked.resource.is_none() && asked.phone.is_none());
        }
    }

    #[test]
    fn a_referral_is_named_whole_or_not_at_all() {
        let part = json!({"DirectionGuid": GUID, "LpuFromGuid": GUID});
        assert_eq!(read_wait(&with(part.clone())).err(), Some(WaitFault::ReferralInPart));
        assert_eq!(faults(json!({"DirectionType": "consultation"})), [("referral".to_owned(), Fault::Missing)]);
        let whole = json!({"DirectionGuid": GUID, "LpuFromGuid": GUID, "DirectionType": "consultation"});
        assert!(read_wait(&with(whole)).ok().unwrap().referral.is_some());
    }

    #[test]
    fn every_fault_is_named() {
        let wrong = json!({
            "lpuGuid": "0123456", "doctorGuid": "x", "specialityCode": "", "phone": "1\n", "isAgree": false,
            "dateStart": "2026-04-20", "dateEnd": "2026-04-19", "timeStart": "9:00", "timeEnd": 7,
        });
        let expected = [
            ("lpuGuid", Fault::Guid),
            ("doctorGuid", Fault::Guid),
            ("specialityCode", Fault::Empty),
            ("phone", Fault::Text),
            ("dateEnd", Fault::EndBeforeBegin),
            ("timeStart", Fault::Time),
            ("timeEnd", Fault::NotAString),
            ("isAgree", Fault::NotAgreed),
        ];
        assert_eq!(faults(wrong), expected.map(|(field, fault)| (field.to_owned(), fault)));
        for (value, fault) in [(json!(null), Fault::Missing), (json!("true"), Fault::NotAgreed)] {
            assert_eq!(faults(json!({"isAgree": value})), [("isAgree".to_owned(), fault)]);
        }
    }
}
