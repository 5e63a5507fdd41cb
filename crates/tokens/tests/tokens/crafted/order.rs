//! Time, and which of several faults is told (TK-3).

use super::{Case, case};
use crate::world::{By, ClaimsText, NOW, b64, token};

pub(super) fn cases() -> Vec<Case> {
    let good = ClaimsText::good();
    let expired = good.clone().with("exp", NOW - 3600);
    let early = good.clone().with("nbf", NOW + 3600);
    let mut cases = Vec::new();

    for (name, claims, answer) in [
        ("exp a second ahead", good.clone().with("exp", NOW + 1), "ok"),
        ("exp now", good.clone().with("exp", NOW), "ok"),
        ("exp 59 s ago", good.clone().with("exp", NOW - 59), "ok"),
        ("exp 60 s ago", good.clone().with("exp", NOW - 60), "token-expired"),
        ("exp 61 s ago", good.clone().with("exp", NOW - 61), "token-expired"),
        ("exp 1970", good.clone().with("exp", 0), "token-expired"),
        ("nbf 60 s ahead", good.clone().with("nbf", NOW + 60), "ok"),
        ("nbf 61 s ahead", good.clone().with("nbf", NOW + 61), "token-expired"),
        ("nbf after exp", good.clone().with("nbf", NOW + 2000), "token-expired"),
        ("expired and early", expired.clone().with("nbf", NOW + 2000), "token-expired"),
    ] {
        cases.push(case(name, claims.signed(), answer));
    }

    for (when, claims) in [("expired", &expired), ("early", &early)] {
        cases.push(case(when, claims.signed(), "token-expired"));
        cases.push(case(format!("{when} and forged"), claims.forged(), "signature-invalid"));
        for (name, json) in [("iss", "\"x\""), ("aud", "\"x\""), ("channel", "\"Doctor\""), ("client", "\"x\"")] {
            let both = claims.clone().with(name, json);
            cases.push(case(format!("{when} and {name} wrong"), both.signed(), "token-malformed"));
            cases.push(case(format!("{when}, {name} wrong and forged"), both.forged(), "signature-invalid"));
        }
        let untyped = claims.clone().with("sub", 1);
        cases.push(case(format!("{when}, sub a number and forged"), untyped.forged(), "token-malformed"));
        let unknown = token(By::Foreign, r#"{"alg":"EdDSA","kid":"?"}"#, &claims.text());
        cases.push(case(format!("{when}, kid unknown and forged"), unknown, "token-malformed"));
        let unsigned = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(claims.text()));
        cases.push(case(format!("{when} and unsigned"), unsigned, "token-malformed"));
    }

    let swapped = |donor: &str, claims: &ClaimsText| {
        let [header, _, signature]: [&str; 3] = donor.split('.').collect::<Vec<_>>().try_into().unwrap();
        format!("{header}.{}.{signature}", b64(claims.text()))
    };
    let donor = good.signed();
    for (name, claims) in [
        ("later", good.clone().with("exp", NOW + 9000)),
        ("for another person", good.clone().with("sub", "\"7c9e6679-7425-40de-944b-e07fc1f90ae7\"")),
        ("for a channel", good.clone().with("channel", "\"CallCenter\"")),
        ("with one claim more", good.clone().with("x", 1)),
    ] {
        cases.push(case(format!("claims put in {name}"), swapped(&donor, &claims), "signature-invalid"));
    }
    let header = b64(r#"{"kid":"ed","alg":"EdDSA"}"#);
    let (_, rest) = donor.split_once('.').unwrap();
    cases.push(case("the header's members exchanged", format!("{header}.{rest}"), "signature-invalid"));
    cases
}
