//! The `Idempotency-Key` header.

use axum::http::{HeaderMap, HeaderName};

/// Its name, as a faulty one is reported under.
pub(crate) const NAME: &str = "Idempotency-Key";
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest key accepted, in characters.
const LONGEST: usize = 255;

/// A header that cannot be a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadKey;

/// The key, when there is one: 1 to 255 visible ASCII characters, given once.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, BadKey> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let visible = value.as_bytes().iter().all(u8::is_ascii_graphic);
    let fits = (1..=LONGEST).contains(&value.len());
    if values.next().is_some() || !visible || !fits {
        return Err(BadKey);
    }
    value.to_str().map(Some).map_err(|_| BadKey)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<Option<String>, BadKey> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        key(&headers).map(|key| key.map(str::to_owned))
    }

    #[test]
    fn one_key_of_visible_ascii() {
        let longest = [b'x'; 255];
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b"5f1c!"]), Ok(Some("5f1c!".into())));
        assert!(read(&[&longest]).is_ok());
        for bad in [b"".as_slice(), b"a b", b"a\tb", "ключ".as_bytes(), b"\xff", &[b'x'; 256]] {
            assert_eq!(read(&[bad]), Err(BadKey));
        }
        assert_eq!(read(&[b"a", b"a"]), Err(BadKey));
    }
}
