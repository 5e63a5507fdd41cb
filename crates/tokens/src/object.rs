//! JSON objects read strictly.

use std::{collections::HashSet, fmt, marker::PhantomData};

use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// What is wanted out of a JSON object.
pub(crate) trait Members: Default {
    /// Reads the value of one member, or passes over it. Called once for each member.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object: UTF-8, nothing around it, no name twice. Which of two equal names counts is
/// where two readers of one token begin to disagree, so RFC 8725 (section 2.4 there) and we refuse.
pub(crate) fn read<M: Members>(json: &[u8]) -> Option<M> {
    // Checked here because the parser does not look into the strings that it passes over.
    let text = str::from_utf8(json).ok()?;
    let mut parser = serde_json::Deserializer::from_str(text);
    let members = parser.deserialize_map(Object(PhantomData)).ok()?;
    parser.end().ok()?;
    Some(members)
}

struct Object<M>(PhantomData<M>);

impl<'de, M: Members> Visitor<'de> for Object<M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<M, A::Error> {
        let mut members = M::default();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            members.read(&name, &mut map)?;
            if !seen.insert(name) {
                return Err(A::Error::custom("a name is given twice"));
            }
        }
        Ok(members)
    }
}
