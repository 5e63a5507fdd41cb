//! PEM around a PKCS#8 key (RFC 7468).

use base64::{Engine, engine::general_purpose::STANDARD};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// The bytes between the first pair of `PRIVATE KEY` lines; `None` for any other text. Lines around
/// them are passed over: openssl writes some.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(text).ok()?;
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
}

/// Writes the bytes in lines of 64 characters.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let body = STANDARD.encode(bytes);
    let mut text = format!("{BEGIN}\n");
    for (index, character) in body.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    format!("{text}\n{END}\n")
}
