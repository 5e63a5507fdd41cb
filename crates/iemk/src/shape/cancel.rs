//! A cancellation: the entry in the path and, in the body, why.

use serde_json::Value;
use talon_domain::{
    history::{BadReason, CancelReason},
    ids::EntryKey,
};

use super::{
    field::{Fault, Faults, FieldFault, not_an_object},
    object::{Found, Object},
};

/// Reads one. The body may be empty; keys that are not ours are ignored, except that none may be given
/// twice.
pub(crate) fn read_cancel(entry: &str, body: &[u8]) -> Result<(EntryKey, Option<CancelReason>), Vec<FieldFault>> {
    let mut faults = Faults::default();
    let entry = faults.read("visitId", entry, entry_key);
    let mut reason = None;
    if !body.is_empty() {
        match Object::read(body) {
            Some(object) => {
                reason = read_reason(&object, &mut faults);
                faults.add_repeated(&object, FIELDS);
            }
            None => faults.0.extend(not_an_object()),
        }
    }
    match entry {
        Some(entry) if faults.0.is_empty() => Ok((entry, reason)),
        _ => Err(faults.0),
    }
}

const FIELDS: &[&str] = &["ReasonCode", "Reason"];

pub(super) fn entry_key(text: &str) -> Result<EntryKey, Fault> {
    EntryKey::parse(text).map_err(|_| Fault::EntryId)
}

fn read_reason(object: &Object, faults: &mut Faults) -> Option<CancelReason> {
    let code = code(object).map_err(|fault| faults.add("ReasonCode", fault));
    let text = faults.optional(object, "Reason", |text| Ok(Some(text.to_owned()).filter(|text| !text.is_empty())));
    // Without knowing the code nothing can be said of the words, but that they are a string.
    match (code.ok()?, text) {
        (None, None) => None,
        (None, Some(_)) => {
            faults.add("Reason", Fault::ReasonUnasked);
            None
        }
        (Some(code), text) => {
            let fault = match CancelReason::new(code, text) {
                Ok(reason) => return Some(reason),
                Err(BadReason::Code) => ("ReasonCode", Fault::ReasonCode),
                Err(BadReason::TextMissing) => ("Reason", Fault::Missing),
                Err(BadReason::TextUnasked) => ("Reason", Fault::ReasonUnasked),
                Err(BadReason::Text) => ("Reason", Fault::ReasonText),
            };
            // A `Reason` that is no string is at fault for that, and not missing as well.
            if !faults.0.iter().any(|noted| noted.field == fault.0) {
                faults.add(fault.0, fault.1);
            }
            None
        }
    }
}

fn code(object: &Object) -> Result<Option<u8>, Fault> {
    match object.find("ReasonCode") {
        Found::Nowhere | Found::Once(Value::Null) => Ok(None),
        Found::Once(Value::Number(number)) => {
            let code = number.as_u64().and_then(|number| u8::try_from(number).ok());
            code.map(Some).ok_or(Fault::ReasonCode)
        }
        Found::Once(_) => Err(Fault::ReasonCode),
        Found::Repeatedly => Err(Fault::Repeated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e7c9e6679-7425-40de-944b-e07fc1f90ae7";

    fn faults(body: &str) -> Vec<(String, Fault)> {
        let found = read_cancel(ENTRY, body.as_bytes()).unwrap_err();
        found.into_iter().map(|fault| (fault.field, fault.fault)).collect()
    }

    #[test]
    fn a_reason_is_optional() {
        for body in ["", "{}", r#"{"ReasonCode":null,"Reason":null}"#, r#"{"Reason":"","role":"admin"}"#] {
            assert_eq!(read_cancel(ENTRY, body.as_bytes()), Ok((EntryKey::parse(ENTRY).unwrap(), None)), "{body}");
        }
    }

    #[test]
    fn a_code_and_words_are_kept() {
        let reason = |body: &str| read_cancel(ENTRY, body.as_bytes()).unwrap().1.unwrap();
        assert_eq!(reason(r#"{"ReasonCode":1}"#).code(), 1);
        let other = reason(r#"{"ReasonCode":6,"Reason":"Уезжаю"}"#);
        assert_eq!((other.code(), other.text()), (6, Some("Уезжаю")));
    }

    #[test]
    fn every_fault_is_named_once() {
        let one = |field: &str, fault| vec![(field.to_owned(), fault)];
        for code in ["0", "100", "-1", "1.5", "\"1\"", "true", "[]"] {
            assert_eq!(faults(&format!(r#"{{"ReasonCode":{code}}}"#)), one("ReasonCode", Fault::ReasonCode), "{code}");
        }
        assert_eq!(faults(r#"{"ReasonCode":6}"#), one("Reason", Fault::Missing));
        assert_eq!(faults(r#"{"ReasonCode":6,"Reason":7}"#), one("Reason", Fault::NotAString));
        assert_eq!(faults(r#"{"ReasonCode":6,"Reason":"a\u0000"}"#), one("Reason", Fault::ReasonText));
        assert_eq!(faults(r#"{"ReasonCode":1,"Reason":"a"}"#), one("Reason", Fault::ReasonUnasked));
        assert_eq!(faults(r#"{"Reason":"a"}"#), one("Reason", Fault::ReasonUnasked));
        assert_eq!(faults("[]"), one("", Fault::NotAnObject));
        let both = faults(r#"{"ReasonCode":1,"ReasonCode":1,"Reason":"a","x":1,"x":2}"#);
        assert_eq!(both, [one("ReasonCode", Fault::Repeated), one("x", Fault::Repeated)].concat());
    }

    #[test]
    fn an_entry_that_is_none_is_a_fault_beside_the_bodys() {
        let found = read_cancel("7", br#"{"ReasonCode":6}"#).unwrap_err();
        let fields: Vec<&str> = found.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["visitId", "Reason"]);
    }
}
