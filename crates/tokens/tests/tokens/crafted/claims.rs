//! Claims: types (judged before the signature) and values (after it).

use super::{Case, case};
use crate::world::{By, ClaimsText, ED_HEADER, KIOSK_CLIENT, NOW, PERSON, PORTAL_CLIENT, b64, token};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    unreadable(&mut cases);
    wrong_types(&mut cases);
    wrong_values(&mut cases);
    accepted(&mut cases);
    cases
}

/// Malformed whoever signed: what cannot be read is not asked for its signature.
fn malformed(cases: &mut Vec<Case>, name: &str, claims: &str) {
    cases.push(case(name, token(By::Ed, ED_HEADER, claims), "token-malformed"));
    cases.push(case(format!("{name}, forged"), token(By::Foreign, ED_HEADER, claims), "token-malformed"));
}

fn unreadable(cases: &mut Vec<Case>) {
    for text in ["", "{}", "null", "[]", "\"x\"", "1", "claims", "{", "{\"iss\"", "<xml/>"] {
        malformed(cases, &format!("claims {text}"), text);
    }
    let good = ClaimsText::good();
    malformed(cases, "claims with something behind", &format!("{} 1", good.text()));
    malformed(cases, "claims in an array", &format!("[{}]", good.text()));
    malformed(cases, "claims with a comma at the end", &good.text().replace('}', ",}"));
    malformed(cases, "claims nested too deep", &good.clone().with("exp", "[".repeat(3000)).text());
    for (name, json) in [
        ("exp", (NOW + 900).to_string()),
        ("exp", "1".to_owned()),
        ("sub", format!("\"{PERSON}\"")),
        ("sub", format!("\"{PORTAL_CLIENT}\"")),
        ("iss", "\"x\"".to_owned()),
        ("aud", "\"x\"".to_owned()),
    ] {
        malformed(cases, &format!("{name} again, as {json}"), &good.clone().and(name, json).text());
    }
    malformed(cases, "an unknown claim twice", &good.clone().and("x", 1).and("x", 1).text());
    malformed(cases, "exp again, escaped", &good.clone().and("\\u0065xp", NOW + 900).text());
    let bytes = [good.text().trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    let signed = format!("{}.{}", b64(ED_HEADER), b64(bytes));
    let signature = b64(By::Ed.sign(signed.as_bytes()));
    cases.push(case("claims that are not UTF-8", format!("{signed}.{signature}"), "token-malformed"));
}

fn wrong_types(cases: &mut Vec<Case>) {
    let good = ClaimsText::good();
    for name in ["iss", "aud", "sub", "exp"] {
        malformed(cases, &format!("no {name}"), &good.clone().without(name).text());
        malformed(
            cases,
            &format!("{name} under a name in capitals"),
            &good.clone().without(name).and(&name.to_uppercase(), 1).text(),
        );
    }
    for name in ["exp", "nbf", "iat"] {
        for json in [
            "\"1776158100\"",
            "\"\"",
            "1776158100.0",
            "1776158100.5",
            "1.7761581e9",
            "1e10",
            "-1",
            "-0",
            "0.0",
            "null",
            "true",
            "[]",
            "[1776158100]",
            "{}",
            "253402300800",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "1e400",
            "NaN",
            "Infinity",
            "0x10",
            "01",
            "+1",
            "\"2030-01-01T00:00:00Z\"",
        ] {
            malformed(cases, &format!("{name} {json}"), &good.clone().with(name, json).text());
        }
    }
    for name in ["iss", "sub", "channel", "client", "jti"] {
        for json in ["null", "1", "1.5", "true", "[]", "[\"Internet\"]", "{}"] {
            malformed(cases, &format!("{name} {json}"), &good.clone().with(name, json).text());
        }
    }
    for json in [
        "null",
        "1",
        "true",
        "{}",
        "{\"booking\":1}",
        "[1]",
        "[null]",
        "[\"booking\",1]",
        "[\"booking\",null]",
        "[[\"booking\"]]",
    ] {
        malformed(cases, &format!("aud {json}"), &good.clone().with("aud", json).text());
    }
    for sub in
        ["", "1", "ivanov", "0f8fad5b-d9cb-469f-a165-70867728950", "{0f8fad5b-d9cb-469f-a165-70867728950e}", "../x"]
    {
        malformed(cases, &format!("sub {sub:?}, not a guid"), &good.clone().with("sub", format!("\"{sub}\"")).text());
    }
}

/// Malformed when the signature is good; when it is not, that is the answer.
fn wrong_values(cases: &mut Vec<Case>) {
    let values: &[(&str, &[&str])] = &[
        (
            "iss",
            &[
                "\"\"",
                "\"https://portal.example/\"",
                "\"https://PORTAL.example\"",
                "\"talon\"",
                "\" https://portal.example\"",
            ],
        ),
        (
            "aud",
            &["\"\"", "\"Booking\"", "\"booking \"", "\"talon\"", "[]", "[\"\"]", "[\"x\",\"y\"]", "\"booking,other\""],
        ),
        (
            "channel",
            &["\"\"", "\"internet\"", "\"None\"", "\"Doctor\"", "\"Registry\"", "\"DoctorOtherLpu\"", "\"Интернет\""],
        ),
        (
            "client",
            &["\"\"", "\"x\"", "\"33333333-3333-4333-8333-333333333333\"", "\"00000000-0000-0000-0000-000000000000\""],
        ),
    ];
    let mut wrong = |name: String, claims: ClaimsText| {
        cases.push(case(name.clone(), claims.signed(), "token-malformed"));
        cases.push(case(format!("{name}, forged"), claims.forged(), "signature-invalid"));
    };
    for (name, texts) in values {
        for json in *texts {
            wrong(format!("{name} {json}"), ClaimsText::good().with(name, json));
        }
    }
    let client = |id: &str| ClaimsText::good().with("client", format!("\"{id}\""));
    wrong("a kiosk without a channel".to_owned(), client(KIOSK_CLIENT));
    wrong("a kiosk on the portal's channel".to_owned(), client(KIOSK_CLIENT).with("channel", "\"Internet\""));
    wrong("a kiosk as a call centre".to_owned(), client(KIOSK_CLIENT).with("channel", "\"CallCenter\""));
    wrong("the portal's client at a kiosk".to_owned(), client(PORTAL_CLIENT).with("channel", "\"Infomat\""));
    wrong("a kiosk in another's name and unknown".to_owned(), client(PERSON).with("channel", "\"Infomat\""));
}

fn accepted(cases: &mut Vec<Case>) {
    let good = ClaimsText::good();
    let upper = PERSON.to_uppercase();
    let plain = PERSON.replace('-', "");
    let client = |id: &str, channel: &str| {
        good.clone().with("client", format!("\"{id}\"")).with("channel", format!("\"{channel}\""))
    };
    let full =
        good.clone().with("iat", NOW).with("nbf", NOW).with("jti", "\"1\"").with("x", "{\"y\":[1,{\"y\":1e99}]}");
    for (name, claims) in [
        ("the least claims", good.clone()),
        ("every claim and unknown ones", full),
        ("an audience of many", good.clone().with("aud", "[\"x\",\"booking\"]")),
        ("the other audience", good.clone().with("aud", "[\"other\"]")),
        ("sub in capitals", good.clone().with("sub", format!("\"{upper}\""))),
        ("sub without hyphens", good.clone().with("sub", format!("\"{plain}\""))),
        ("the last second of the calendar", good.clone().with("exp", 253_402_207_200_i64)),
        ("nbf 1970", good.clone().with("nbf", 0)),
        ("issued in the future", good.clone().with("iat", NOW + 5000)),
        ("the portal's client", client(PORTAL_CLIENT, "Internet")),
        ("a kiosk", client(KIOSK_CLIENT, "Infomat")),
        ("the portal's client without a channel", good.clone().with("client", format!("\"{PORTAL_CLIENT}\""))),
        ("a channel without a client", good.clone().with("channel", "\"CallCenter\"")),
    ] {
        cases.push(case(name, claims.signed(), "ok"));
    }
}
