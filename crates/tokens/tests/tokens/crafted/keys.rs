//! Which key a token may be judged by.

use super::{Case, case};
use crate::world::{By, ClaimsText, ED_HEADER, KEYS, KIOSKS, PORTAL, SECRET, SHARED, token};

pub(super) fn cases() -> Vec<Case> {
    let claims = ClaimsText::good().text();
    let mut cases = Vec::new();
    let mut add = |name: &str, by: By<'_>, header: &str, claims: &str, answer| {
        cases.push(case(name, token(by, header, claims), answer));
    };

    add("EdDSA with its key", By::Ed, ED_HEADER, &claims, "ok");
    add("ES256 with its key", By::Ec, r#"{"alg":"ES256","kid":"ec"}"#, &claims, "ok");
    add("RS256 with its key", By::Rsa, r#"{"alg":"RS256","kid":"rsa"}"#, &claims, "ok");
    let shared = ClaimsText::of(SHARED).text();
    add("HS256 with the shared secret", By::Hmac(SECRET), r#"{"alg":"HS256"}"#, &shared, "ok");
    let kiosk = ClaimsText::of(KIOSKS).with("channel", "\"Infomat\"").text();
    add("the kiosks' key", By::Kiosk, r#"{"alg":"EdDSA","kid":"kiosk"}"#, &kiosk, "ok");

    add("no kid, one ES256 key", By::Ec, r#"{"alg":"ES256"}"#, &claims, "ok");
    add("no kid, one RS256 key", By::Rsa, r#"{"alg":"RS256"}"#, &claims, "ok");
    add("no kid, several EdDSA keys", By::Ed, r#"{"alg":"EdDSA"}"#, &claims, "token-malformed");
    add("no kid, ES256 forged", By::Ed, r#"{"alg":"ES256"}"#, &claims, "signature-invalid");

    for kid in [
        "unknown",
        "",
        " ed",
        "ed ",
        "ED",
        "ed\\u0000",
        "../../../../dev/null",
        "/etc/passwd",
        "file:///dev/null",
        "portal.json",
        "' OR '1'='1",
        "ed' UNION SELECT 'x' --",
        "ed; rm -rf /",
        "$(id)",
        "|/bin/true",
        "*",
        "%",
        "0",
        "https://evil.example/ed",
        "{{7*7}}",
        "ёд",
        "__proto__",
        "talon",
        "\\ud83d\\udd11",
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#);
        add(&format!("kid {kid:?}"), By::Ed, &header, &claims, "token-malformed");
    }
    let long = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, "k".repeat(5000));
    add("a kid of 5,000 letters", By::Ed, &long, &claims, "token-malformed");
    for kid in ["null", "1", "true", "[\"ed\"]", "{}", "{\"$ne\":null}"] {
        let header = format!(r#"{{"alg":"EdDSA","kid":{kid}}}"#);
        add(&format!("kid {kid}, not a text"), By::Ed, &header, &claims, "token-malformed");
    }

    // An algorithm that the named key is not for, signed by whichever key could be meant.
    for (alg, kid) in [
        ("ES256", "rsa"),
        ("EdDSA", "rsa"),
        ("HS256", "rsa"),
        ("RS256", "ec"),
        ("EdDSA", "ec"),
        ("HS256", "ec"),
        ("RS256", "ed"),
        ("ES256", "ed"),
        ("HS256", "ed"),
        ("HS256", "kiosk"),
    ] {
        for by in [By::Ed, By::Ec, By::Rsa, By::Hmac(SECRET)] {
            let header = format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
            add(&format!("{alg} with the key {kid}, signed {by:?}"), by, &header, &claims, "token-malformed");
        }
    }

    // The public key's text as an HMAC secret (CVE-2015-9235 and its descendants).
    let pem = KEYS.rsa_pem();
    let secrets = [
        ("PEM", pem.clone().into_bytes()),
        ("PEM with a line end", format!("{pem}\n").into_bytes()),
        ("PEM with a DOS line end", format!("{pem}\r\n").into_bytes()),
        ("PEM without lines", pem.replace('\n', "").into_bytes()),
        ("DER", KEYS.rsa_der()),
        ("modulus", KEYS.rsa_modulus()),
        ("JWK", KEYS.rsa_jwk().to_string().into_bytes()),
        ("JWKS", KEYS.portal_set().to_string().into_bytes()),
        ("EC JWK", KEYS.ec_jwk().to_string().into_bytes()),
        ("nothing", Vec::new()),
        ("a zero byte", vec![0]),
        ("the word secret", b"secret".to_vec()),
    ];
    for (name, secret) in &secrets {
        let by = By::Hmac(secret);
        add(&format!("HMAC with {name}, named"), by, r#"{"alg":"HS256","kid":"rsa"}"#, &claims, "token-malformed");
        add(
            &format!("HMAC with {name}, said to be RS256"),
            by,
            r#"{"alg":"RS256","kid":"rsa"}"#,
            &claims,
            "signature-invalid",
        );
        add(&format!("HMAC with {name}, not named"), by, r#"{"alg":"HS256"}"#, &shared, "signature-invalid");
    }

    // Another's key under a good name, and a good key in another's name.
    for (by, alg, kid) in [
        (By::Foreign, "EdDSA", "ed"),
        (By::Kiosk, "EdDSA", "ed"),
        (By::Ed, "EdDSA", "kiosk"),
        (By::Ed, "ES256", "ec"),
        (By::Ec, "EdDSA", "ed"),
        (By::Rsa, "EdDSA", "ed"),
        (By::Ec, "RS256", "rsa"),
        (By::Hmac(SECRET), "EdDSA", "ed"),
    ] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
        add(&format!("{alg} as {kid}, signed {by:?}"), by, &header, &claims, "signature-invalid");
    }
    for (name, issuer) in [("the portal", PORTAL), ("the shared secret's", SHARED), ("us", "talon")] {
        let claims = ClaimsText::of(issuer).with("channel", "\"Infomat\"").text();
        add(
            &format!("the kiosks' key in the name of {name}"),
            By::Kiosk,
            r#"{"alg":"EdDSA","kid":"kiosk"}"#,
            &claims,
            "token-malformed",
        );
    }
    add("the portal's key in the kiosks' name", By::Ed, ED_HEADER, &kiosk, "token-malformed");
    add("the shared secret in the portal's name", By::Hmac(SECRET), r#"{"alg":"HS256"}"#, &claims, "token-malformed");
    cases
}
