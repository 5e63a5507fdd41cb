//! A JSON object with every key that it was given, also one given twice.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The keys and values of an object in the order in which they were written.
///
/// What does not make an object is one and the same fault: another JSON type, text that is not
/// JSON, something after the object, a byte order mark, bytes that are not UTF-8, a lone surrogate,
/// more than 127 levels of nesting, a number too big for a double, anywhere in the body, also
/// under a key that nobody reads.
pub(crate) struct Object(Vec<(String, Value)>);

/// How often an object has a key.
pub(crate) enum Found<'a> {
    Nowhere,
    Once(&'a Value),
    Repeatedly,
}

impl Object {
    /// Reads a body that is exactly one object; `None` otherwise.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// What is under a key.
    pub(crate) fn find(&self, key: &str) -> Found<'_> {
        let mut values = self.0.iter().filter(|(k, _)| k == key).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Found::Nowhere,
            (Some(value), None) => Found::Once(value),
            (Some(_), Some(_)) => Found::Repeatedly,
        }
    }

    /// The keys given more than once, each once, in the order in which they were first repeated.
    pub(crate) fn repeated_keys(&self) -> Vec<&str> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut repeated = Vec::new();
        for (key, _) in &self.0 {
            let times = seen.entry(key).or_default();
            *times += 1;
            if *times == 2 {
                repeated.push(key.as_str());
            }
        }
        repeated
    }

    /// [`Self::digest`] of an object that was sent to a place which is part of what it says.
    pub(crate) fn digest_at(&self, place: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.digest()).chain_update(place).finalize().into()
    }

    /// SHA-256 of the object written again with its keys sorted and nothing between the tokens, so
    /// that bodies which say the same have one digest. Only for an object without repeated keys.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let sorted: BTreeMap<&str, &Value> = self.0.iter().map(|(key, value)| (key.as_str(), value)).collect();
        // A map of strings and JSON values always has a JSON form.
        Sha256::digest(serde_json::to_vec(&sorted).unwrap_or_default()).into()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(body: &str) -> [u8; 32] {
        Object::read(body.as_bytes()).unwrap().digest()
    }

    #[test]
    fn only_one_whole_object_is_read() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        let bad: &[&[u8]] = &[
            b"",
            b" ",
            b"null",
            b"[]",
            b"[{}]",
            b"\"{}\"",
            b"1",
            b"{",
            b"{}{}",
            b"{} x",
            b"{'a':1}",
            b"{\"a\":1,}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\xff\"}",
            b"{\"\xff\":1}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":1e999}",
            b"{\"a\":NaN}",
            b"{\"a\":01}",
            "\u{feff}{}".as_bytes(),
            deep.as_bytes(),
        ];
        for body in bad {
            assert!(Object::read(body).is_none(), "{}", String::from_utf8_lossy(body));
        }
        assert!(Object::read(b" {\"a\": {\"b\": [1, 2.5, null]}}\r\n").is_some());
    }

    #[test]
    fn repeated_keys_are_found_once_each() {
        let object = Object::read(br#"{"b":1,"a":1,"a":2,"b":3,"a":4,"\u0061":5,"c":1}"#).unwrap();
        assert_eq!(object.repeated_keys(), ["a", "b"]);
        assert!(matches!(object.find("a"), Found::Repeatedly));
        assert!(matches!(object.find("c"), Found::Once(_)));
        assert!(matches!(object.find("d"), Found::Nowhere));
    }

    #[test]
    fn bodies_that_say_the_same_have_one_digest() {
        let one = digest(r#"{"a":1,"b":{"x":"ё","y":[1,2]}}"#);
        assert_eq!(one, digest("{ \"b\" : {\"y\":[1, 2],\"x\":\"\\u0451\"},\n\"a\":1}"));
        assert_ne!(one, digest(r#"{"a":1,"b":{"x":"ё","y":[2,1]}}"#));
        assert_ne!(one, digest(r#"{"a":"1","b":{"x":"ё","y":[1,2]}}"#));
    }
}
