//! Typed values out of [`Fields`]: each getter takes a key, reports what is wrong with it and
//! gives `None`, or gives the value. Where a key may be left out the value is itself an `Option`.

use talon_domain::{
    access::{NO_RIGHTS, Right, Rights},
    slot::Ages,
};

use crate::{fields::Fields, json::Json, limits};

impl<'j> Fields<'_, 'j> {
    /// A text that some parser reads; `form` says which texts it does, after "must be".
    pub(crate) fn read<T>(&mut self, key: &str, form: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.value(key)?;
        self.parse(key, value, form, parse)
    }

    /// The same where the key may be left out.
    pub(crate) fn read_optional<T>(
        &mut self,
        key: &str,
        form: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.optional(key) {
            None => Some(None),
            Some(value) => self.parse(key, value, form, parse).map(Some),
        }
    }

    pub(crate) fn parse<T>(
        &mut self,
        key: &str,
        value: &Json<'j>,
        form: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = match value {
            Json::Text(text) => parse(text),
            _ => None,
        };
        if parsed.is_none() {
            self.fault(key, format!("must be {form}"));
        }
        parsed
    }

    /// A guid, by its type's `parse`.
    pub(crate) fn guid<T, E>(&mut self, key: &str, parse: fn(&str) -> Result<T, E>) -> Option<T> {
        self.read(key, GUID, |text| parse(text).ok())
    }

    /// A guid that may be left out.
    pub(crate) fn guid_optional<T, E>(&mut self, key: &str, parse: fn(&str) -> Result<T, E>) -> Option<Option<T>> {
        self.read_optional(key, GUID, |text| parse(text).ok())
    }

    /// A text of at most so many characters.
    pub(crate) fn text(&mut self, key: &str, longest: usize) -> Option<String> {
        let value = self.value(key)?;
        self.text_of(key, value, longest)
    }

    /// A text that may be left out.
    pub(crate) fn text_optional(&mut self, key: &str, longest: usize) -> Option<Option<String>> {
        match self.optional(key) {
            None => Some(None),
            Some(value) => self.text_of(key, value, longest).map(Some),
        }
    }

    pub(crate) fn text_of(&mut self, key: &str, value: &Json<'j>, longest: usize) -> Option<String> {
        let Json::Text(text) = value else {
            self.fault(key, "must be a text");
            return None;
        };
        let what = if text.chars().all(char::is_whitespace) {
            "must not be empty".to_owned()
        } else if text.len() > longest && text.chars().count() > longest {
            format!("longer than {longest} characters")
        } else if text.chars().any(char::is_control) {
            "must not contain control characters".to_owned()
        } else {
            return Some(text.clone().into_owned());
        };
        self.fault(key, what);
        None
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, key: &str, least: u64, most: u64) -> Option<T> {
        let value = self.value(key)?;
        self.number_of(key, value, least, most)
    }

    /// A whole number that may be left out.
    pub(crate) fn number_optional<T: TryFrom<u64>>(&mut self, key: &str, least: u64, most: u64) -> Option<Option<T>> {
        match self.optional(key) {
            None => Some(None),
            Some(value) => self.number_of(key, value, least, most).map(Some),
        }
    }

    fn number_of<T: TryFrom<u64>>(&mut self, key: &str, value: &Json<'j>, least: u64, most: u64) -> Option<T> {
        if let Json::Whole(number) = value
            && (least..=most).contains(number)
            && let Ok(number) = T::try_from(*number)
        {
            return Some(number);
        }
        self.fault(key, format!("must be a whole number from {least} to {most}"));
        None
    }

    /// True or false; false when left out.
    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.optional(key) {
            None => Some(false),
            Some(Json::Bool(value)) => Some(*value),
            Some(_) => {
                self.fault(key, "must be true or false");
                None
            }
        }
    }

    /// One of the words of an enumeration.
    pub(crate) fn code<T: Copy>(&mut self, key: &str, all: &[T], code: fn(T) -> &'static str) -> Option<T> {
        let value = self.value(key)?;
        self.code_of(key, value, all, code)
    }

    /// One of the words of an enumeration; it may be left out.
    pub(crate) fn code_optional<T: Copy>(
        &mut self,
        key: &str,
        all: &[T],
        code: fn(T) -> &'static str,
    ) -> Option<Option<T>> {
        match self.optional(key) {
            None => Some(None),
            Some(value) => self.code_of(key, value, all, code).map(Some),
        }
    }

    pub(crate) fn code_of<T: Copy>(
        &mut self,
        key: &str,
        value: &Json<'j>,
        all: &[T],
        code: fn(T) -> &'static str,
    ) -> Option<T> {
        let found = match value {
            Json::Text(text) => all.iter().copied().find(|one| code(*one) == text.as_ref()),
            _ => None,
        };
        if found.is_none() {
            self.fault(key, format!("must be one of {}", words(all, code)));
        }
        found
    }

    /// A list of at most so many items, each read by `item`, none twice. `item` gets the name of
    /// the item, as in `rights[2]`.
    pub(crate) fn list<T: PartialEq>(
        &mut self,
        key: &str,
        value: &Json<'j>,
        longest: usize,
        item: impl Fn(&mut Self, &str, &Json<'j>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.items(key, value, longest)?;
        let (mut read, mut whole) = (Vec::with_capacity(items.len()), true);
        for (index, value) in items.iter().enumerate() {
            let name = format!("{key}[{index}]");
            match item(self, &name, value) {
                None => whole = false,
                Some(value) if read.contains(&value) => {
                    self.fault(&name, "given more than once");
                    whole = false;
                }
                Some(value) => read.push(value),
            }
        }
        whole.then_some(read)
    }

    /// The items of a list of bounded length.
    pub(crate) fn items<'v>(&mut self, key: &str, value: &'v Json<'j>, longest: usize) -> Option<&'v [Json<'j>]> {
        match value {
            Json::Array(items) if items.len() <= longest => return Some(items),
            Json::Array(_) => self.fault(key, format!("more than {longest} items")),
            _ => self.fault(key, "must be a list"),
        }
        None
    }

    /// Rights as a list of words; `None` stands for an empty list.
    pub(crate) fn rights(&mut self, key: &str) -> Option<Rights> {
        let value = self.value(key)?;
        self.rights_of(key, value)
    }

    pub(crate) fn rights_of(&mut self, key: &str, value: &Json<'j>) -> Option<Rights> {
        let items = self.items(key, value, Right::ALL.len() + 1)?;
        if let [Json::Text(text)] = items
            && text == NO_RIGHTS
        {
            return Some(Rights::default());
        }
        let (mut rights, mut whole) = (Rights::default(), true);
        for (index, item) in items.iter().enumerate() {
            let right = match item {
                Json::Text(text) => Right::from_code(text),
                _ => None,
            };
            let fault = match right {
                Some(right) if rights.meet(Rights::of(&[right])) => "given more than once".to_owned(),
                Some(right) => {
                    rights = Rights::from_bits(rights.bits() | Rights::of(&[right]).bits());
                    continue;
                }
                None if matches!(item, Json::Text(text) if text == NO_RIGHTS) => {
                    format!("{NO_RIGHTS} stands alone")
                }
                None => format!("must be one of {}, or {NO_RIGHTS} alone", words(Right::ALL, Right::code)),
            };
            self.fault(&format!("{key}[{index}]"), fault);
            whole = false;
        }
        whole.then_some(rights)
    }

    /// `min_age` and `max_age`.
    pub(crate) fn ages(&mut self) -> Option<Ages> {
        let min = self.number_optional("min_age", 0, limits::AGE);
        let max = self.number_optional("max_age", 0, limits::AGE);
        let (min, max) = (min?, max?);
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.fault("max_age", "less than min_age");
            return None;
        }
        Some(Ages { min, max })
    }
}

const GUID: &str = "a guid";

fn words<T: Copy>(all: &[T], code: fn(T) -> &'static str) -> String {
    all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ")
}
