//! Import: the whole input is checked first, in a temporary file, and only then applied.
//!
//! 1. *Reading*: every line is parsed by itself. Reference data stays in memory; everything else
//!    is appended to a temporary SQLite file, which no crash leaves behind.
//! 2. *Checking*: kind by kind, in the order of [`Kind::ALL`], so that what is referred to has been
//!    judged when it is asked for. Of lines with one key the last counts. What is good is laid
//!    down again as pages, in the order in which it will be applied.
//! 3. *Applying*: page by page, each a transaction of the store.

mod apply;
mod card;
mod check;
mod entries;
mod exchange;
mod helpers;
mod input;
mod ledger;
mod links;
mod pages;
mod slots;
mod small;
mod staging;
mod superseded;
mod tie;

use std::io::BufRead;

use jiff::Timestamp;
use talon_store::{Kind, Store, StoreError};

use crate::LineFault;

use check::Check;
use ledger::Ledger;
use staging::Staging;

/// A region file.
pub struct Input {
    /// What it is called in faults.
    pub name: String,
    /// Its bytes.
    pub reader: Box<dyn BufRead>,
}

/// How to import.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions {
    /// Apply the good lines of an input that has faulty ones.
    pub keep_good: bool,
    /// The present: what becomes free is offered to those who wait.
    pub now: Timestamp,
}

impl ImportOptions {
    /// Nothing is applied of an input that has faulty lines.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { keep_good: false, now }
    }
}

/// How far an import is. Reported every few thousand lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The inputs are being read.
    Reading {
        /// Lines so far.
        lines: u64,
        /// Bytes so far.
        bytes: u64,
    },
    /// What was read is being checked.
    Checking {
        /// Lines so far.
        done: u64,
        /// Lines in all.
        total: u64,
    },
    /// What is good is being applied.
    Applying {
        /// Lines so far.
        done: u64,
        /// Lines in all.
        total: u64,
    },
}

/// What an import came to.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Lines read, without empty ones.
    pub lines: u64,
    /// Lines applied, by kind. A line that a later one with its key replaces is not.
    pub applied: Vec<(Kind, u64)>,
    /// Lines with a fault.
    pub faulty_lines: u64,
    /// The first faults, in the order of the lines; a hundred at most.
    pub faults: Vec<InputFault>,
    /// Faults beyond those.
    pub further_faults: u64,
    /// Whether lines of templates were applied, so that their slots are to be published.
    pub templates_changed: bool,
}

impl ImportReport {
    /// Lines applied, of all kinds.
    #[must_use]
    pub fn applied_lines(&self) -> u64 {
        self.applied.iter().map(|(_, lines)| lines).sum()
    }
}

/// A fault with its place. Displayed as `FILE:LINE: what is wrong, which key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFault {
    /// The input's name.
    pub input: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub fault: LineFault,
}

impl std::fmt::Display for InputFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.input, self.line, self.fault)
    }
}

/// Why an import could not go on. Faults of lines are none of these.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// An input cannot be read.
    #[error("{input} cannot be read: {source}")]
    Read {
        /// The input's name.
        input: String,
        /// Why.
        source: std::io::Error,
    },
    /// The temporary file does not work: full, mostly.
    #[error("the temporary file in which the input is checked: {0}")]
    Staging(#[from] rusqlite::Error),
    /// The store does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A mistake of ours.
    #[error("internal error in the import: {0}")]
    Bug(&'static str),
}

pub(crate) type Result<T> = std::result::Result<T, ImportError>;

/// Imports. With a fault in any line nothing is applied, unless `keep_good` is set; both are told
/// by the report, not by an error.
///
/// Between its calls of the store this reads, writes and sorts: it is not `Send` and belongs on a
/// thread of its own, as `Runtime::block_on` gives it, not on a worker of the runtime. When it
/// fails or is dropped half-way some pages may have been applied: run it again.
pub async fn import(
    store: &dyn Store,
    inputs: Vec<Input>,
    options: ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport> {
    let staging = Staging::create()?;
    let mut ledger = Ledger::default();
    let read = input::read(&staging, inputs, &mut ledger, progress)?;
    let lines = read.lines;
    let mut check = Check::new(store, staging.connection(), read, ledger, progress);
    check.run().await?;
    let (small, mut ledger) = check.into_result();
    let mut report = ImportReport { lines, ..ImportReport::default() };
    if ledger.is_clean() || options.keep_good {
        apply::apply(store, staging.connection(), small, &mut ledger, options, &mut report, progress).await?;
    }
    ledger.tell(&mut report);
    Ok(report)
}
