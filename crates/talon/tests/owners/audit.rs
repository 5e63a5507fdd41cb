//! The audit, by request.

use std::collections::HashMap;

use talon_testkit::{Installation, Ledger, Record};

/// The records of each request.
pub(crate) struct Audit(HashMap<String, Vec<Record>>);

impl Audit {
    pub(crate) fn of(installation: &Installation) -> Self {
        let mut records: HashMap<String, Vec<Record>> = HashMap::new();
        for record in Ledger::of(installation).records {
            records.entry(record.request.clone()).or_default().push(record);
        }
        Self(records)
    }

    /// How many records a request left.
    pub(crate) fn count(&self, request: &str) -> usize {
        self.0.get(request).map_or(0, Vec::len)
    }

    /// The one record of a request about whoever made it. What it brought to others is recorded of them.
    #[track_caller]
    pub(crate) fn of_request(&self, request: &str, person: &str) -> &Record {
        let records = self.0.get(request).map(Vec::as_slice).unwrap_or_default();
        let own: Vec<&Record> = records.iter().filter(|record| record.person.as_deref() == Some(person)).collect();
        match own[..] {
            [record] => record,
            _ => panic!("request {request} of {person} has not one record: {records:?}"),
        }
    }
}
