//! What a body is said to be.

use axum::http::{HeaderMap, header::CONTENT_TYPE};

/// Whether a body may be read as JSON: `Content-Type` is absent, since the document does not ask
/// for it, or says `application/json` or a `+json` type of RFC 6839, with whatever parameters. The
/// charset among them is not looked at: JSON is UTF-8 (RFC 8259), and other bytes are a fault of
/// the body. Of several headers, which there should not be, every one counts.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_TYPE).iter().all(|value| {
        let Ok(value) = value.to_str() else { return false };
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let subtype = essence.strip_prefix("application/").unwrap_or_default();
        subtype == "json" || subtype.ends_with("+json")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn json_in_any_spelling_or_nothing_said() {
        for good in [
            &[][..],
            &["application/json"],
            &["APPLICATION/Json ; charset=windows-1251"],
            &["application/json;charset=utf-8;x=\"y\""],
            &["application/problem+json"],
            &["application/json", "application/json"],
        ] {
            assert!(is_json(&headers(good)), "{good:?}");
        }
        for bad in [
            &[""][..],
            &["text/plain"],
            &["text/json"],
            &["application/jsonx"],
            &["application/xml"],
            &["application"],
            &["application/json, text/plain"],
            &["application/json", "text/plain"],
            &["multipart/form-data; boundary=application/json"],
        ] {
            assert!(!is_json(&headers(bad)), "{bad:?}");
        }
    }
}
