//! Around the token: the scheme and the spaces.

use super::{Case, raw};
use crate::world::ClaimsText;

pub(super) fn cases() -> Vec<Case> {
    let good = ClaimsText::good().signed();
    let mut cases = Vec::new();
    for scheme in ["Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer    ", "  Bearer "] {
        cases.push(raw(format!("scheme {scheme:?}"), format!("{scheme}{good}"), "ok"));
    }
    cases.push(raw("spaces after the token", format!("Bearer {good}  "), "ok"));
    for missing in
        ["", " ", "Bearer", "Bearer ", "Bearer     ", "Basic dXNlcjpwYXNz", "Bearer:", "Digest x=y", "Be arer x"]
    {
        cases.push(raw(format!("no bearer in {missing:?}"), missing, "bearer-missing"));
    }
    for scheme in ["", "Bearer", "Bearer\t", "Bearer:", "Bearer=", "Token ", "JWT ", "DPoP ", "Вearer ", "Bearer\u{a0}"]
    {
        cases.push(raw(format!("another scheme {scheme:?}"), format!("{scheme}{good}"), "bearer-missing"));
    }
    cases.push(raw(
        "scheme of bytes that are no text",
        [b"\xff\xfe ".as_slice(), good.as_bytes()].concat(),
        "bearer-missing",
    ));
    for (name, token) in [
        ("in braces", format!("{{{good}}}")),
        ("in quotes", format!("\"{good}\"")),
        ("in angle brackets", format!("<{good}>")),
        ("twice", format!("{good} {good}")),
        ("and a word", format!("{good} x")),
        ("and a comma with another", format!("{good}, Bearer {good}")),
        ("with a tab before", format!("\t{good}")),
        ("with the scheme again", format!("Bearer {good}")),
        ("of Cyrillic letters", "токен".to_owned()),
        ("with a no-break space", format!("{good}\u{a0}")),
        ("with a zero-width space", format!("\u{200b}{good}")),
        ("percent-encoded", good.replace('.', "%2E")),
    ] {
        cases.push(raw(format!("token {name}"), format!("Bearer {token}"), "token-malformed"));
    }
    for (name, tail) in
        [("NUL", b"\0".as_slice()), ("no UTF-8", b"\xff\xfe"), ("DEL", b"\x7f"), ("a control", b"\x01x")]
    {
        let bytes = [b"Bearer ", good.as_bytes(), tail].concat();
        cases.push(raw(format!("token with {name} behind"), bytes, "token-malformed"));
    }
    cases
}
