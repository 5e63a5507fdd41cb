//! Writes one compact JSON object, key by key in the order of the calls.

use std::{fmt::Display, io::Write as _};

use talon_domain::{
    access::{NO_RIGHTS, Rights},
    slot::Ages,
};

/// An object being written at the end of a buffer.
pub(crate) struct Object<'b> {
    out: &'b mut Vec<u8>,
    empty: bool,
}

impl<'b> Object<'b> {
    pub(crate) fn begin(out: &'b mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// Writes a key and gives the buffer for its value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) -> &mut Self {
        string(self.key(key), text);
        self
    }

    pub(crate) fn text_optional(&mut self, key: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    /// A value whose text needs no escaping: a guid, a day, a time.
    pub(crate) fn plain(&mut self, key: &str, value: impl Display) -> &mut Self {
        plain(self.key(key), value);
        self
    }

    pub(crate) fn plain_optional(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.plain(key, value),
            None => self,
        }
    }

    pub(crate) fn number(&mut self, key: &str, number: impl Into<u64>) -> &mut Self {
        let number: u64 = number.into();
        append(self.key(key), format_args!("{number}"));
        self
    }

    pub(crate) fn number_optional(&mut self, key: &str, number: Option<impl Into<u64>>) -> &mut Self {
        match number {
            Some(number) => self.number(key, number),
            None => self,
        }
    }

    pub(crate) fn literal(&mut self, key: &str, literal: &'static str) -> &mut Self {
        self.key(key).extend_from_slice(literal.as_bytes());
        self
    }

    pub(crate) fn rights(&mut self, key: &str, rights: Rights) -> &mut Self {
        let words = rights.iter().map(|right| right.code());
        if rights == Rights::default() {
            return self.list(key, [NO_RIGHTS], plain);
        }
        self.list(key, words, plain)
    }

    pub(crate) fn ages(&mut self, ages: Ages) -> &mut Self {
        self.number_optional("min_age", ages.min).number_optional("max_age", ages.max)
    }

    /// A list, each item written by `write`.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Vec<u8>, T),
    ) -> &mut Self {
        let out = self.key(key);
        out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write(out, item);
        }
        out.push(b']');
        self
    }
}

/// A string that needs no escaping.
pub(crate) fn plain(out: &mut Vec<u8>, value: impl Display) {
    append(out, format_args!("\"{value}\""));
}

/// Any string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    // A `Vec` takes everything, and a string can always be written.
    let _ = serde_json::to_writer(out, text);
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // A `Vec` takes everything.
    let _ = out.write_fmt(text);
}
