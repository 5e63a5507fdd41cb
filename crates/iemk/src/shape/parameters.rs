//! Parameters: the segments of a path that vary, and what a query string or a form body says.

use super::{
    field::{Fault, Faults, FieldFault, Reader},
    form,
};
use crate::call::Call;

/// What a request gives by name, and the faults found in it so far.
///
/// Names that nobody reads are ignored. An empty value is an absent one.
pub(crate) struct Parameters {
    given: Vec<(String, Option<String>)>,
    faults: Faults,
}

impl Parameters {
    /// Those of a query string or a form body.
    pub(crate) fn of_form(text: &[u8]) -> Self {
        Self { given: form::pairs(text), faults: Faults::default() }
    }

    /// Those of a request's path and query string. A segment's name in the query string is one that
    /// nobody reads.
    pub(crate) fn of(call: &Call) -> Self {
        let mut parameters = Self::of_form(call.uri.query().unwrap_or_default().as_bytes());
        parameters.given.retain(|(name, _)| call.segments.iter().all(|(segment, _)| segment != name));
        let segments = call.segments.iter().map(|(name, value)| ((*name).to_owned(), Some(value.clone())));
        parameters.given.extend(segments);
        parameters
    }

    /// One that must be there; a fault is noted and gives `None`.
    pub(crate) fn required<T>(&mut self, name: &str, read: Reader<T>) -> Option<T> {
        let found = self.one(name).and_then(|text| text.ok_or(Fault::Missing));
        let value = found.and_then(|text| read(&text));
        value.map_err(|fault| self.faults.add(name, fault)).ok()
    }

    /// One that may be absent; so is one with a fault, which is noted.
    pub(crate) fn optional<T>(&mut self, name: &str, read: Reader<T>) -> Option<T> {
        let value = self.one(name).and_then(|text| text.map(|text| read(&text)).transpose());
        value.map_err(|fault| self.faults.add(name, fault)).ok().flatten()
    }

    /// Notes a fault that only several of them together have.
    pub(crate) fn fault(&mut self, name: &str, fault: Fault) {
        self.faults.add(name, fault);
    }

    /// What was read, or every fault in the order in which the parameters were read. A value that is
    /// missing although nothing is wrong would be a mistake of the reader's.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<FieldFault>> {
        match read {
            Some(read) if self.faults.0.is_empty() => Ok(read),
            _ => Err(self.faults.0),
        }
    }

    fn one(&self, name: &str) -> Result<Option<String>, Fault> {
        let mut values = self.given.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(Fault::Repeated),
            (Some(None), None) => Err(Fault::NotUtf8),
            (Some(Some(text)), None) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<u8, Fault> {
        text.parse().map_err(|_| Fault::Day)
    }

    #[test]
    fn an_empty_value_is_an_absent_one() {
        let mut parameters = Parameters::of_form(b"a=&b=2&other=x");
        assert_eq!((parameters.optional("a", number), parameters.required("b", number)), (None, Some(2)));
        assert_eq!(parameters.finish(Some(())), Ok(()));
    }

    #[test]
    fn every_fault_is_noted_in_the_order_of_reading() {
        let mut parameters = Parameters::of_form(b"a=x&b=1&b=&c=%FF&d=");
        assert_eq!(parameters.optional("d", number), None);
        for name in ["c", "b", "a", "d"] {
            assert_eq!(parameters.required(name, number), None, "{name}");
        }
        let expected = [("c", Fault::NotUtf8), ("b", Fault::Repeated), ("a", Fault::Day), ("d", Fault::Missing)];
        let expected = expected.map(|(name, fault)| FieldFault::new(name, fault));
        assert_eq!(parameters.finish(Some(())), Err(expected.to_vec()));
    }
}
