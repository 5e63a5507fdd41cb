//! The compact form: segments and base64url.

use super::{Case, case};
use crate::world::{By, ClaimsText, ED_HEADER, b64, token};

pub(super) fn cases() -> Vec<Case> {
    let good = ClaimsText::good().signed();
    let [header, claims, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut cases = Vec::new();
    let mut malformed = |name: &str, token: String| cases.push(case(name, token, "token-malformed"));

    malformed("one segment", header.to_owned());
    malformed("two segments", format!("{header}.{claims}"));
    malformed("four segments", format!("{good}.{signature}"));
    malformed("a fourth, empty segment", format!("{good}."));
    malformed("five segments, as encrypted", format!("{header}.{claims}.{signature}.{claims}.{signature}"));
    malformed("five segments, an empty key, as encrypted directly", format!("{header}..{claims}.{claims}.{signature}"));
    malformed("only dots", "..".to_owned());
    malformed("a dot", ".".to_owned());
    malformed("a word", "token".to_owned());
    malformed("an empty header", format!(".{claims}.{signature}"));
    malformed("empty claims", format!("{header}..{signature}"));
    malformed("detached claims, signed", {
        let signed = format!("{header}.");
        format!("{signed}.{}", b64(By::Ed.sign(signed.as_bytes())))
    });
    malformed("the JSON form", format!(r#"{{"protected":"{header}","payload":"{claims}","signature":"{signature}"}}"#));
    malformed("header and claims exchanged", format!("{claims}.{header}.{signature}"));
    malformed("longer than 8 KiB", ClaimsText::good().with("x", format!("\"{}\"", "x".repeat(6200))).signed());
    malformed("a mebibyte of dots", ".".repeat(1024 * 1024));
    malformed("a mebibyte of letters", "a".repeat(1024 * 1024));

    for (place, at) in [("header", 0), ("claims", 1)] {
        let spoiled = |spoil: &dyn Fn(&str) -> String| {
            let mut segments = [header.to_owned(), claims.to_owned()];
            segments[at] = spoil(&segments[at]);
            let signed = segments.join(".");
            format!("{signed}.{}", b64(By::Ed.sign(signed.as_bytes())))
        };
        // Signed as spoiled: only the spelling is at fault.
        malformed(&format!("padding behind the {place}"), spoiled(&|text| format!("{text}=")));
        malformed(&format!("double padding behind the {place}"), spoiled(&|text| format!("{text}==")));
        malformed(&format!("a line break in the {place}"), spoiled(&|text| format!("{}\n{}", &text[..4], &text[4..])));
        malformed(&format!("a space in the {place}"), spoiled(&|text| format!("{} {}", &text[..4], &text[4..])));
        malformed(&format!("base64 for files in the {place}"), spoiled(&|text| format!("+/{}", &text[2..])));
        malformed(
            &format!("a single last letter in the {place}"),
            spoiled(&|text| format!("{}A", &text[..text.len() / 4 * 4])),
        );
        malformed(&format!("an exclamation mark in the {place}"), spoiled(&|text| format!("!{}", &text[1..])));
        malformed(&format!("JSON not encoded as the {place}"), spoiled(&|_| "{}".to_owned()));
        malformed(&format!("stray bits at the end of the {place}"), stray_bits(at));
    }
    malformed(
        "header with a byte order mark",
        token(By::Ed, &format!("\u{feff}{ED_HEADER}"), &ClaimsText::good().text()),
    );
    malformed(
        "claims with a byte order mark",
        token(By::Ed, ED_HEADER, &format!("\u{feff}{}", ClaimsText::good().text())),
    );

    for (name, segment) in [
        ("empty", String::new()),
        ("a word", "signature".to_owned()),
        ("padded", format!("{signature}==")),
        ("with stray bits", last_letter_moved(signature)),
        ("of other letters", "!".repeat(86)),
        ("cut by a byte", signature[..signature.len() - 2].to_owned()),
        ("a byte longer", format!("{signature}AA")),
        ("twice", format!("{signature}{signature}")),
        ("all zero", b64([0; 64])),
        ("all ones", b64([0xff; 64])),
        ("in hexadecimal", "0f".repeat(64)),
        (
            "of another token",
            ClaimsText::good().with("jti", "\"1\"").signed().split('.').next_back().unwrap().to_owned(),
        ),
    ] {
        let forged = format!("{header}.{claims}.{segment}");
        cases.push(case(format!("signature {name}"), forged, "signature-invalid"));
    }
    cases
}

/// A token whose header or claims, signed as they are, end in a letter with bits that no byte has.
fn stray_bits(at: usize) -> String {
    // Spaces around JSON are allowed; with them a segment has one byte over a multiple of three.
    let mut texts = [ED_HEADER.to_owned(), ClaimsText::good().text()];
    while texts[at].len() % 3 != 1 {
        texts[at].push(' ');
    }
    let mut segments = texts.map(b64);
    segments[at] = last_letter_moved(&segments[at]);
    let signed = segments.join(".");
    format!("{signed}.{}", b64(By::Ed.sign(signed.as_bytes())))
}

/// The next letter of the alphabet in the last place: the same bytes to a lenient reader.
fn last_letter_moved(segment: &str) -> String {
    let (rest, last) = segment.split_at(segment.len() - 1);
    let last = last.as_bytes()[0];
    // The canonical letters with four stray bits are A, Q, g and w.
    assert!(b"AQgw".contains(&last), "{last}");
    format!("{rest}{}", char::from(last + 1))
}
