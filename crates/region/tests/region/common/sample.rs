use serde_json::{Value, json};

/// A guid that ends in a number.
pub(crate) fn guid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub(crate) const FACILITY: u32 = 1;
pub(crate) const RESOURCE: u32 = 2;
pub(crate) const PERSON: u32 = 3;

pub(crate) fn specialty() -> Value {
    json!({"type": "specialty", "code": "therapy", "name": "Терапия", "letter": "Т"})
}

pub(crate) fn facility(number: u32) -> Value {
    json!({"type": "facility", "guid": guid(number), "mkod": number.to_string(), "name": "Поликлиника № 1",
        "serves": "all", "zone": "Europe/Moscow", "schedule_days": 14})
}

pub(crate) fn resource(number: u32) -> Value {
    json!({"type": "resource", "facility": guid(FACILITY), "guid": guid(number), "kind": "doctor",
        "name": "Иванова Анна Сергеевна", "specialty": "therapy"})
}

pub(crate) fn slot(number: u32, start: &str) -> Value {
    json!({"type": "slot", "facility": guid(FACILITY), "resource": guid(RESOURCE), "guid": guid(number),
        "start": start, "minutes": 20, "rights": ["Internet", "Doctor"]})
}

pub(crate) fn person(number: u32) -> Value {
    json!({"type": "person", "guid": guid(number), "family": "Петров", "given": "Пётр", "birth_date": "1980-02-29",
        "sex": "male", "policy": {"number": "7700001111222233"}})
}

pub(crate) fn card(number: u32, person: u32) -> Value {
    json!({"type": "card", "facility": guid(FACILITY), "guid": guid(number), "person": guid(person), "number": "A-1"})
}

pub(crate) fn referral(number: u32, person: u32) -> Value {
    json!({"type": "referral", "facility": guid(FACILITY), "guid": guid(number), "number": "N 1",
        "person": guid(person), "kind": "consultation", "specialty": "therapy", "issued": "2026-04-01",
        "valid_until": "2026-05-01", "state": "active"})
}

pub(crate) fn entry(number: u32, slot: u32, person: u32) -> Value {
    json!({"type": "entry", "facility": guid(FACILITY), "guid": guid(number), "resource": guid(RESOURCE),
        "slot": guid(slot), "person": guid(person), "ticket": "Т-001", "state": "booked",
        "booked_at": "2026-04-10T08:00:00Z"})
}

pub(crate) fn template(number: u32) -> Value {
    json!({"type": "template", "facility": guid(FACILITY), "resource": guid(RESOURCE), "guid": guid(number),
        "from": "2026-04-01", "weekdays": ["mon", "tue"],
        "parts": [{"from": "08:00", "to": "12:00", "minutes": 20, "rights": ["Internet"]}]})
}

pub(crate) fn client(number: u32) -> Value {
    json!({"type": "client", "guid": guid(number), "name": "Портал", "channel": "Internet",
        "functions": {"VisitDirection": ["Internet", "Doctor"]}, "schedule_days": 14})
}

/// With a key set to another value; `null` takes it out.
pub(crate) fn with(mut line: Value, key: &str, value: Value) -> Value {
    match value {
        Value::Null => line.as_object_mut().unwrap().remove(key),
        value => line.as_object_mut().unwrap().insert(key.to_owned(), value),
    };
    line
}

/// A specialty, a facility, a resource and a person.
pub(crate) fn base() -> Vec<Value> {
    vec![specialty(), facility(FACILITY), resource(RESOURCE), person(PERSON)]
}

/// One line each.
pub(crate) fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The base and more.
pub(crate) fn based(lines: &[Value]) -> String {
    text(&[base(), lines.to_vec()].concat())
}
