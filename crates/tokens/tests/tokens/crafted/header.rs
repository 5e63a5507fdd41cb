//! The header: algorithm, type, what it must not bring along.

use super::{Case, case};
use crate::world::{By, ClaimsText, ED_HEADER, KEYS, b64, ed_jwk, token};

pub(super) fn cases() -> Vec<Case> {
    let claims = ClaimsText::good().text();
    let ed = |header: &str| token(By::Ed, header, &claims);
    let mut cases = Vec::new();

    for (name, header) in [
        ("type JWT", r#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#),
        ("type jwt", r#"{"alg":"EdDSA","kid":"ed","typ":"jwt"}"#),
        ("type at+jwt", r#"{"alg":"EdDSA","kid":"ed","typ":"at+jwt"}"#),
        ("a header nobody knows", r#"{"alg":"EdDSA","kid":"ed","x":{"y":[1,2,null]}}"#),
        ("spaces in the header", " {\r\n \"alg\" : \"EdDSA\" ,\t\"kid\":\"ed\" }\n"),
        ("an escaped header", r#"{"\u0061lg":"Ed\u0044SA","kid":"ed"}"#),
    ] {
        cases.push(case(name, ed(header), "ok"));
    }

    for none in ["none", "None", "NONE", "nOnE", "", " none", "null"] {
        let header = format!(r#"{{"alg":"{none}","kid":"ed"}}"#);
        let unsigned = format!("{}.{}.", b64(&header), b64(&claims));
        cases.push(case(format!("algorithm {none:?}, no signature"), unsigned, "token-malformed"));
        cases.push(case(format!("algorithm {none:?}, a good signature"), ed(&header), "token-malformed"));
    }
    for alg in [
        "eddsa",
        "EDDSA",
        "Ed25519",
        "EdDSA ",
        "ES384",
        "ES512",
        "ES256K",
        "RS384",
        "RS512",
        "PS256",
        "PS512",
        "HS384",
        "HS512",
        "A256GCM",
        "RSA-OAEP",
        "dir",
        "GOST3410",
        "EdDSA\\u0000",
    ] {
        let header = format!(r#"{{"alg":"{alg}","kid":"ed"}}"#);
        cases.push(case(format!("algorithm {alg:?}"), ed(&header), "token-malformed"));
    }
    for alg in ["null", "1", "true", "[]", "[\"EdDSA\"]", "{}"] {
        let header = format!(r#"{{"alg":{alg},"kid":"ed"}}"#);
        cases.push(case(format!("algorithm {alg}, not a text"), ed(&header), "token-malformed"));
    }
    for text in [
        "",
        "{}",
        "null",
        "[]",
        "\"EdDSA\"",
        "1",
        r#"{"kid":"ed"}"#,
        r#"["EdDSA","ed"]"#,
        r#"{"alg":"EdDSA","kid":"ed""#,
        r#"{"alg":"EdDSA","kid":"ed",}"#,
        r#"{alg:"EdDSA","kid":"ed"}"#,
        r#"{'alg':'EdDSA','kid':'ed'}"#,
        r#"{"alg":"EdDSA","kid":"ed"}{}"#,
        r#"{"alg":"EdDSA","kid":"ed"} x"#,
        r#"{"ALG":"EdDSA","kid":"ed"}"#,
        r#"/**/{"alg":"EdDSA","kid":"ed"}"#,
    ] {
        cases.push(case(format!("header {text}"), ed(text), "token-malformed"));
    }
    for (first, second) in [("EdDSA", "EdDSA"), ("none", "EdDSA"), ("EdDSA", "none")] {
        let header = format!(r#"{{"alg":"{first}","kid":"ed","alg":"{second}"}}"#);
        cases.push(case(format!("two algorithms, {first} and {second}"), ed(&header), "token-malformed"));
    }
    let own = ed_jwk(&KEYS.foreign, "ed").to_string();
    let members = [
        ("jwk", own.as_str()),
        ("jwk", "null"),
        ("jku", r#""https://evil.example/keys""#),
        ("x5u", r#""file:///etc/passwd""#),
        ("x5c", r#"["MIIB"]"#),
        ("x5c", "[]"),
        ("crit", r#"["exp"]"#),
        ("crit", "[]"),
        ("crit", r#"["b64"]"#),
        ("b64", "false"),
        ("zip", r#""DEF""#),
        ("enc", r#""A256GCM""#),
        ("typ", r#""JWE""#),
        ("typ", r#""logout+jwt""#),
        ("typ", r#""""#),
        ("typ", "null"),
        ("typ", "1"),
        ("typ", r#"["JWT"]"#),
        ("kid", r#""ed""#),
        ("x\":1,\"x", "1"),
    ];
    for (index, (name, value)) in members.into_iter().enumerate() {
        let header = format!(r#"{{"alg":"EdDSA","kid":"ed","{name}":{value}}}"#);
        cases.push(case(format!("header member {index}, {name}: signed by us"), ed(&header), "token-malformed"));
        let forged = token(By::Foreign, &header, &claims);
        cases.push(case(
            format!("header member {index}, {name}: signed by a key it brings"),
            forged,
            "token-malformed",
        ));
    }
    let signed = [b64(b"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"x\":\"\xff\"}"), b64(&claims)].join(".");
    let signature = b64(By::Ed.sign(signed.as_bytes()));
    cases.push(case("header that is not UTF-8", format!("{signed}.{signature}"), "token-malformed"));
    cases.push(case(
        "header nested 7,000 deep",
        ed(&format!("{}{}", "[".repeat(2900), "]".repeat(2900))),
        "token-malformed",
    ));
    cases.push(case("the usual header", ed(ED_HEADER), "ok"));
    cases
}
