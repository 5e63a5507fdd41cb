//! Names and values as a query string or a form body writes them
//! (`application/x-www-form-urlencoded`).

/// The pairs in their order. A name that is not UTF-8 once decoded is one that nothing is called, and its
/// pair is left out; a value that is not is none.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, Option<String>)> {
    let written = text.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    written
        .filter_map(|pair| {
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
            Some((decoded(name)?, decoded(value)))
        })
        .collect()
}

/// `+` is a space, `%41` the byte 0x41; a `%` that two hexadecimal digits do not follow is itself.
pub(crate) fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        let plain = if *first == b'+' { b' ' } else { *first };
        bytes.push(escaped.unwrap_or(plain));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let read = pairs("Birthday=1988-03-01&s_pol=%D0%90%d0%91+1&&n_pol=12%2634&x&=y&z=%4&q=100%".as_bytes());
        let expected = [
            ("Birthday", "1988-03-01"),
            ("s_pol", "АБ 1"),
            ("n_pol", "12&34"),
            ("x", ""),
            ("", "y"),
            ("z", "%4"),
            ("q", "100%"),
        ];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))));
    }

    #[test]
    fn what_is_not_utf_8_is_neither_a_name_nor_a_value() {
        let expected = [("a", None), ("b", None), ("c", Some("1"))];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        assert_eq!(pairs(b"a=%FF&b=\xff&c=1&%FF=1&\xff"), expected);
        assert_eq!(pairs(b""), []);
    }
}
