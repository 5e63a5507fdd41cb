//! The language that a caller prefers, of the two that our own messages have.

use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};

/// A language of our messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// The default.
    #[default]
    Russian,
    /// When the caller prefers it to Russian.
    English,
}

impl Language {
    /// Reads `Accept-Language` (RFC 9110, 12.5.4). Of two equally weighted languages the one named
    /// first wins; a header that cannot be read counts as absent.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut best = (0, Self::Russian);
        for value in headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()) {
            for (language, weight) in value.split(',').filter_map(range) {
                if weight > best.0 {
                    best = (weight, language);
                }
            }
        }
        best.1
    }
}

/// One range of the header with its weight in thousandths: "en-GB;q=0.8" is English with 800.
/// `None` for a language that we do not have; `*` asks for none in particular.
fn range(text: &str) -> Option<(Language, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?;
    let primary = tag.split_once('-').map_or(tag, |(primary, _)| primary);
    let language = match primary {
        _ if primary.eq_ignore_ascii_case("en") => Language::English,
        _ if primary.eq_ignore_ascii_case("ru") => Language::Russian,
        _ => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((language, weight.map_or(Some(1000), thousandths)?))
}

/// A weight of at most three decimals, "0.85" as 850.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.bytes().all(|b| b.is_ascii_digit());
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !digits {
        return None;
    }
    let thousandths: u16 = format!("{whole}{decimals:0<3}").parse().ok()?;
    (thousandths <= 1000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn english_only_where_it_is_preferred() {
        for (header, expected) in [
            ("en", Language::English),
            ("en-GB, en;q=0.9", Language::English),
            ("EN-us", Language::English),
            ("en;q=0.8, ru;q=0.7", Language::English),
            ("de, en;q=0.3", Language::English),
            ("en;q=0.801, ru;q=0.8", Language::English),
            ("en, ru", Language::English),
            ("ru, en", Language::Russian),
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Language::Russian),
            ("en;q=0.7, ru", Language::Russian),
            ("en;q=0", Language::Russian),
            ("*", Language::Russian),
            ("", Language::Russian),
            ("english", Language::Russian),
            ("en;q=2", Language::Russian),
            ("en;q=x", Language::Russian),
            ("en ; q=0.5", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(header));
            assert_eq!(Language::of(&headers), expected, "{header}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::Russian);
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static("ru;q=0.5"));
        headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static("en;q=0.6"));
        assert_eq!(Language::of(&headers), Language::English);
    }
}
