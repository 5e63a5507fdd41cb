//! What is no body, and what is no request.

use talon_testkit::Chance;

use crate::{
    canaries::{EMAIL, FAMILY, GIVEN, PHONE, POLICY, WORD},
    forms::windows_1251,
    values::{Choice, pick},
    wire::Then,
};

/// A body made useless.
pub(crate) fn broken(body: &[u8], chance: &mut Chance) -> Vec<u8> {
    let name = format!("{{\"email\":\"{EMAIL}\",\"family\":\"{FAMILY}\"");
    match chance.below(9) {
        0 if !body.is_empty() => body[..chance.below(body.len() as u64) as usize].to_vec(),
        0 => name.into_bytes(),
        1 => [body, EMAIL.as_bytes()].concat(),
        2 => windows_1251(&format!("{{\"email\":\"{FAMILY}\",\"Reason\":\"{GIVEN}\"}}")).expect("Russian letters"),
        3 => [br#"{"email":""#.as_slice(), b"\xff\xfe", FAMILY.as_bytes(), br#""}"#].concat(),
        4 => format!("{name},\"email\":\"{PHONE}\"}}").into_bytes(),
        5 => format!("{}\"{FAMILY}\"", "[".repeat(2_000)).into_bytes(),
        6 => format!("\"{FAMILY} {POLICY}\"").into_bytes(),
        7 => format!("{POLICY}{}e999", PHONE.repeat(20)).into_bytes(),
        // More than is taken.
        _ => format!("{name},\"pad\":\"{}\"}}", FAMILY.repeat(4_000)).into_bytes(),
    }
}

/// Bytes that are no request.
pub(crate) fn garbage(choice: &Choice<'_>, chance: &mut Chance) -> (Vec<u8>, Then) {
    let token = &choice.patient.token;
    let start = "POST /iemk/directions/entry HTTP/1.1\r\nHost: x\r\n";
    let text = match chance.below(10) {
        0 => format!("{FAMILY} {GIVEN} {POLICY}\r\n\r\n"),
        1 => format!("GET /{FAMILY}?token={token} HTTP/1.1\r\nHost: x\r\n\r\n"),
        2 => format!("GET / HTTP/9.{PHONE}\r\n\r\n"),
        3 => format!("{start}{FAMILY}: {EMAIL}\r\n\r\n"),
        4 => format!("{start}Content-Length: {WORD}\r\n\r\n{EMAIL}"),
        5 => format!(
            "{start}Transfer-Encoding: chunked\r\nAuthorization: Bearer {token}\r\n\r\n{WORD}\r\n{EMAIL}\r\n0\r\n\r\n"
        ),
        6 => format!("{start}{}\r\n", format!("X-{WORD}: {FAMILY}\r\n").repeat(80)),
        7 => format!("{start}X-{WORD}: {}\r\n\r\n", format!("{EMAIL}{token}").repeat(60)),
        8 => format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", format!("{EMAIL}/").repeat(1_000)),
        // Less than it says: the server waits for the rest as long as it may.
        _ if chance.below(4) == 0 => {
            let announced = format!("Content-Length: 999\r\nAuthorization: Bearer {token}\r\n\r\n");
            return (format!("{start}{announced}{{\"email\":\"{EMAIL}\"").into_bytes(), Then::Read);
        }
        _ => format!("{start}X: {FAMILY}"),
    };
    (text.into_bytes(), *pick(&[Then::Read, Then::Read, Then::HangUp], chance))
}
