//! Reading the fields of an object, with the faults of all of them.

use serde_json::Value;

use super::{
    field::{Fault, Faults, Reader},
    object::{Found, Object},
};

impl Faults {
    /// Notes the keys that are given more than once and are none of `read`, whose own readers note that.
    pub(super) fn add_repeated(&mut self, object: &Object, read: &[&str]) {
        for key in object.repeated_keys() {
            if !read.contains(&key) {
                self.add(key, Fault::Repeated);
            }
        }
    }

    /// A text from outside the body, such as a segment of the path; a fault is noted and gives `None`.
    pub(super) fn read<T>(&mut self, name: &str, text: &str, read: Reader<T>) -> Option<T> {
        read(text).map_err(|fault| self.add(name, fault)).ok()
    }

    /// A required string; a fault is noted and gives `None`.
    pub(super) fn required<T>(&mut self, object: &Object, name: &str, read: Reader<T>) -> Option<T> {
        let outcome = match object.find(name) {
            Found::Nowhere | Found::Once(Value::Null) => Err(Fault::Missing),
            Found::Once(Value::String(text)) => read(text),
            Found::Once(_) => Err(Fault::NotAString),
            Found::Repeatedly => Err(Fault::Repeated),
        };
        outcome.map_err(|fault| self.add(name, fault)).ok()
    }

    /// An optional string: null counts as absent.
    pub(super) fn optional<T>(&mut self, object: &Object, name: &str, read: Reader<Option<T>>) -> Option<T> {
        let outcome = match object.find(name) {
            Found::Nowhere | Found::Once(Value::Null) => Ok(None),
            Found::Once(Value::String(text)) => read(text),
            Found::Once(_) => Err(Fault::NotAString),
            Found::Repeatedly => Err(Fault::Repeated),
        };
        outcome.map_err(|fault| self.add(name, fault)).ok().flatten()
    }
}
