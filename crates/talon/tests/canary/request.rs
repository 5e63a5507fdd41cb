//! Requests made up from the document: right ones, and wrong ones of every sort, all of them full of canaries.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use talon_testkit::Chance;

use crate::{
    canaries::{ADDRESS, AGENT, EMAIL, FAMILY, GIVEN, OTHER_EMAIL, PHONE, POLICY, WORD},
    document::{Content, Operation, Parameter},
    forms::{percent, windows_1251},
    garbage::{broken, garbage},
    values::{Choice, pick},
    wire::Then,
    world::World,
};

/// A request and what its caller does then.
pub(crate) struct Request<'a> {
    pub(crate) choice: Choice<'a>,
    /// What it asks for, if it is a request of the document.
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

/// How a request is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// As the document has it.
    Right,
    /// With something else here and there.
    Faulty,
    /// With a body that is none.
    Broken,
    /// By another method, or where nothing is.
    Astray,
    /// Not HTTP, or too much of it.
    Garbage,
    /// Cut off by its caller.
    Cut,
}

/// One of a hundred, by how often each is.
fn mood(chance: &mut Chance) -> Mood {
    match chance.below(100) {
        0..55 => Mood::Right,
        55..77 => Mood::Faulty,
        77..86 => Mood::Broken,
        86..93 => Mood::Astray,
        93..97 => Mood::Garbage,
        _ => Mood::Cut,
    }
}

/// The next request.
pub(crate) fn next<'a>(world: &'a World, operations: &'a [Operation], chance: &mut Chance) -> Request<'a> {
    let mut operation = pick(operations, chance);
    // A client's secret takes a core for some 20 ms to check.
    while operation.is_for_clients && chance.below(5) != 0 {
        operation = pick(operations, chance);
    }
    let choice = Choice::new(world, &operation.path, chance);
    let mood = mood(chance);
    if mood == Mood::Garbage {
        let (bytes, then) = garbage(&choice, chance);
        return Request { choice, operation: None, bytes, then };
    }
    let is_faulty = mood == Mood::Faulty;
    let mut method = operation.method.clone();
    let mut target = target(operation, &choice, is_faulty, chance);
    if mood == Mood::Astray {
        match chance.below(3) {
            0 => target = format!("/{WORD}/{}{target}", percent(FAMILY.as_bytes())),
            1 => target = format!("{target}/{}", percent(EMAIL.as_bytes())),
            _ => {
                method = (*pick(&["PUT", "PATCH", "HEAD", "OPTIONS", "DELETE", "POST", "KANAREYKA"], chance)).to_owned()
            }
        }
    }
    let (kind, mut body) = body(operation, &choice, is_faulty, chance);
    if mood == Mood::Broken {
        body = broken(&body, chance);
    }
    let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: {WORD}.test\r\n").into_bytes();
    let length = body.len();
    for (name, value) in headers(operation, &choice, is_faulty, kind, chance) {
        bytes.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
    }
    if length > 0 || method == "POST" {
        bytes.extend(format!("Content-Length: {length}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    let then = match mood {
        Mood::Cut => {
            bytes.truncate(1 + chance.below(bytes.len() as u64) as usize);
            *pick(&[Then::HangUp, Then::HangUp, Then::Finish], chance)
        }
        _ if method == "HEAD" => Then::ReadHead,
        _ => Then::Read,
    };
    Request { choice, operation: (mood != Mood::Astray).then_some(operation), bytes, then }
}

/// Something that stands where something else is meant.
fn wrong(chance: &mut Chance) -> String {
    let texts = [FAMILY, GIVEN, POLICY, EMAIL, OTHER_EMAIL, PHONE, WORD];
    match chance.below(3) {
        0 => format!("{}\r\n\u{0}{}", pick(&texts, chance), pick(&texts, chance)),
        1 => format!("{}'\"<{{{}", pick(&texts, chance), pick(&texts, chance)),
        _ => (*pick(&texts, chance)).to_owned(),
    }
}

/// A value that may be wrong, as text.
fn text(name: &str, choice: &Choice<'_>, is_faulty: bool, chance: &mut Chance) -> Option<String> {
    if is_faulty && chance.below(3) == 0 {
        return Some(wrong(chance));
    }
    Some(match choice.of(name)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// Path and query.
fn target(operation: &Operation, choice: &Choice<'_>, is_faulty: bool, chance: &mut Chance) -> String {
    let mut target = pick(&operation.bases, chance).clone();
    for segment in operation.path.split('/').skip(1) {
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        let value = name.map(|name| text(name, choice, is_faulty, chance).unwrap_or_else(|| wrong(chance)));
        target = format!("{target}/{}", value.map_or(segment.to_owned(), |value| escaped(&value, is_faulty, chance)));
    }
    let mut query = said(&operation.query, choice, is_faulty, chance);
    if is_faulty || chance.below(4) == 0 {
        query.extend([
            format!("email={}", percent(EMAIL.as_bytes())),
            format!("access_token={}", choice.patient.token),
            format!("family={}", percent(&windows_1251(FAMILY).expect("Russian letters"))),
        ]);
    }
    if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) }
}

/// `name=value`, escaped: what is required, and now and then the rest.
fn said(parameters: &[Parameter], choice: &Choice<'_>, is_faulty: bool, chance: &mut Chance) -> Vec<String> {
    let mut said = Vec::new();
    for parameter in parameters {
        if (parameter.is_required || chance.below(2) == 0)
            && let Some(value) = text(&parameter.name, choice, is_faulty, chance)
        {
            said.push(format!("{}={}", parameter.name, escaped(&value, is_faulty, chance)));
        }
    }
    said
}

/// Now and then as it is, which no request's line may be.
fn escaped(text: &str, is_faulty: bool, chance: &mut Chance) -> String {
    if is_faulty && chance.below(8) == 0 { text.replace(char::is_control, "") } else { percent(text.as_bytes()) }
}

/// Its kind and bytes.
fn body(operation: &Operation, choice: &Choice<'_>, is_faulty: bool, chance: &mut Chance) -> (&'static str, Vec<u8>) {
    match &operation.content {
        Content::None if is_faulty => ("application/json", json!({ "email": EMAIL }).to_string().into_bytes()),
        Content::None => ("application/json", Vec::new()),
        Content::Form(parameters) => {
            let form = said(parameters, choice, is_faulty, chance).join("&");
            ("application/x-www-form-urlencoded", form.into_bytes())
        }
        Content::Json(parameters) => {
            let mut object = Map::new();
            for parameter in parameters {
                if !parameter.is_required && chance.below(2) == 0 {
                    continue;
                }
                let value =
                    if is_faulty && chance.below(3) == 0 { Some(mistyped(chance)) } else { choice.of(&parameter.name) };
                object.extend(value.map(|value| (parameter.name.clone(), value)));
            }
            if is_faulty || chance.below(4) == 0 {
                object.extend([("family".to_owned(), json!(FAMILY)), (WORD.to_owned(), json!({ "phone": PHONE }))]);
            }
            ("application/json", Value::Object(object).to_string().into_bytes())
        }
    }
}

/// A canary of a type that nothing has.
fn mistyped(chance: &mut Chance) -> Value {
    match chance.below(5) {
        0 => json!({ FAMILY: wrong(chance) }),
        1 => json!([wrong(chance), POLICY]),
        2 => json!(PHONE.parse::<u64>().expect("digits")),
        _ => json!(wrong(chance)),
    }
}

fn headers(
    operation: &Operation,
    choice: &Choice<'_>,
    is_faulty: bool,
    kind: &str,
    chance: &mut Chance,
) -> Vec<(&'static str, Vec<u8>)> {
    let right = if operation.is_for_clients {
        choice.world.credentials.clone()
    } else {
        format!("Bearer {}", choice.patient.token)
    };
    let authorization = if is_faulty && chance.below(2) == 0 { strange(choice, chance) } else { right };
    let kind = if is_faulty && chance.below(6) == 0 { format!("text/{WORD}; charset={WORD}") } else { kind.to_owned() };
    let mut headers = vec![
        ("Authorization", authorization),
        ("Content-Type", kind),
        ("User-Agent", format!("{AGENT} ({FAMILY} {GIVEN})")),
        ("Referer", format!("https://{WORD}.test/?n_pol={POLICY}")),
        ("Cookie", format!("token={}; family={}", choice.patient.token, percent(FAMILY.as_bytes()))),
        ("X-Forwarded-For", (*pick(&[ADDRESS, WORD, EMAIL, "203.0.113.142, unknown"], chance)).to_owned()),
        ("X-Request-Id", format!("{WORD}-{FAMILY}")),
        ("Traceparent", format!("00-{WORD}-01")),
        ("Accept-Language", (*pick(&["ru", "en", WORD], chance)).to_owned()),
    ];
    if chance.below(3) == 0 {
        headers.push(("Idempotency-Key", format!("{WORD}-{}", chance.below(1_000_000))));
    }
    if is_faulty && chance.below(6) == 0 {
        headers.push(("Origin", format!("https://{WORD}.test")));
    }
    if is_faulty && chance.below(12) == 0 {
        headers.push(("Authorization", format!("Bearer {}", choice.patient.token)));
    }
    headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect()
}

/// An `Authorization` that opens nothing.
fn strange(choice: &Choice<'_>, chance: &mut Chance) -> String {
    let basic = |text: String| format!("Basic {}", BASE64_STANDARD.encode(text));
    match chance.below(8) {
        0 => basic(format!("{FAMILY}:{POLICY}")),
        1 => basic(format!("{EMAIL}{PHONE}")),
        2 => format!("{WORD} {FAMILY}"),
        3 => format!("Bearer {WORD}.{FAMILY}.{POLICY}"),
        _ => format!("Bearer {}", pick(&choice.patient.bad_tokens, chance)),
    }
}
