//! A store in memory, as far as import and export need one, and texts to import.

mod sample;
mod store;
mod trail;

use std::io::Cursor;

pub(crate) use sample::*;
pub(crate) use store::FakeStore;
use talon_region::{ImportError, ImportOptions, ImportReport, Input, import};

/// An input called `file`.
pub(crate) fn input(name: &str, text: impl Into<Vec<u8>>) -> Input {
    Input { name: name.to_owned(), reader: Box::new(Cursor::new(text.into())) }
}

/// Imports one text, called `f`.
pub(crate) async fn load(
    store: &FakeStore,
    text: impl Into<Vec<u8>>,
    keep_good: bool,
) -> Result<ImportReport, ImportError> {
    import(
        store,
        vec![input("f", text)],
        ImportOptions { keep_good, ..ImportOptions::new(jiff::Timestamp::UNIX_EPOCH) },
        &mut |_| (),
    )
    .await
}

/// The faults as they are shown.
pub(crate) fn shown(report: &ImportReport) -> Vec<String> {
    report.faults.iter().map(ToString::to_string).collect()
}
