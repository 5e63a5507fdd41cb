//! How far an import is.

use std::path::PathBuf;

use talon_region::Progress;

use crate::commands::progress::{self, Unit};

/// Shows progress on standard error.
pub(super) struct Shown {
    shown: progress::Shown,
    input_bytes: Option<u64>,
}

impl Shown {
    /// Begins; the files' sizes, where all are known, are the length of the reading.
    pub(super) fn start(files: &[PathBuf]) -> Self {
        let sizes = files.iter().map(|file| Some(std::fs::metadata(file).ok().filter(|about| about.is_file())?.len()));
        Self { shown: progress::Shown::start(), input_bytes: sizes.sum() }
    }

    /// Shows a step.
    pub(super) fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Reading { bytes, .. } => self.shown.show("reading", Unit::Bytes, bytes, self.input_bytes),
            Progress::Checking { done, total } => self.shown.show("checking", Unit::Lines, done, Some(total)),
            Progress::Applying { done, total } => self.shown.show("applying", Unit::Lines, done, Some(total)),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(self) {
        self.shown.finish();
    }
}
