//! How a text may have been written by whoever told it.

use std::{collections::BTreeSet, fmt::Write};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};

/// The text, small and capital, in encodings of Russian, escaped in each of the usual ways. Whether the letters of an
/// escape are small is not told apart by the search.
pub(crate) fn forms(text: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    for text in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
        let utf_8 = text.as_bytes();
        // What was UTF-8 and was taken for Latin-1.
        let garbled: String = utf_8.iter().copied().map(char::from).collect();
        for bytes in [Some(utf_8.to_vec()), Some(garbled.into_bytes()), windows_1251(&text)].into_iter().flatten() {
            forms.extend(of_bytes(&bytes));
        }
        let escaped = |escape: fn(u32) -> String| -> String {
            text.chars().map(|it| if it.is_ascii() { it.to_string() } else { escape(it.into()) }).collect()
        };
        forms.insert(escaped(|code| format!("\\u{code:04x}")).into_bytes());
        forms.insert(escaped(|code| format!("\\u{{{code:x}}}")).into_bytes());
    }
    forms
}

/// Each byte that needs it as `%XX`.
pub(crate) fn percent(bytes: &[u8]) -> String {
    escape(bytes, "%", |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// As Windows has Russian; `None` for a text that it cannot have.
pub(crate) fn windows_1251(text: &str) -> Option<Vec<u8>> {
    let byte = |letter: char| match letter {
        'Ё' => Some(0xa8),
        'ё' => Some(0xb8),
        'А'..='я' => u8::try_from(u32::from(letter) - u32::from('А') + 0xc0).ok(),
        other => u8::try_from(other).ok().filter(u8::is_ascii),
    };
    text.chars().map(byte).collect()
}

fn of_bytes(bytes: &[u8]) -> Vec<Vec<u8>> {
    let of_a_form = percent(bytes).replace("%20", "+");
    let texts = [
        percent(bytes),
        of_a_form,
        escape(bytes, "%", |_| false),
        escape(bytes, "\\x", |byte| byte.is_ascii()),
        escape(bytes, "", |_| false),
        // As Rust shows a list of bytes.
        bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", "),
    ];
    let mut forms: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    forms.push(bytes.to_vec());
    for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
        forms.extend((0..3).map(|before| inside(&engine, bytes, before)));
    }
    forms
}

/// What of a longer text's base64 depends on these bytes alone, when so many bytes, modulo three, stand before them.
fn inside(engine: &impl Engine, bytes: &[u8], before: usize) -> Vec<u8> {
    let encoded = engine.encode([vec![0; before], bytes.to_vec()].concat()).into_bytes();
    encoded[(before * 8).div_ceil(6)..(before + bytes.len()) * 8 / 6].to_vec()
}

fn escape(bytes: &[u8], sign: &str, stays: fn(u8) -> bool) -> String {
    bytes.iter().fold(String::new(), |mut text, &byte| {
        if stays(byte) {
            text.push(byte.into());
        } else {
            write!(text, "{sign}{byte:02x}").expect("a string takes everything");
        }
        text
    })
}
