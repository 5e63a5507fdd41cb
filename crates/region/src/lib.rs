//! The region file: a region's data in and out as NDJSON, described in `docs/contract/region.md`.
//!
//! [`parse_line`] reads one line and names all its faults; [`write_line`] writes one. [`import()`]
//! checks whole inputs in a temporary file before it touches the store; [`export()`] writes
//! everything that the store has.

mod convert;
mod export;
mod fault;
mod fields;
mod formats;
mod import;
mod json;
mod limits;
mod line;
mod object;
mod values;
mod write;

pub use export::{ExportError, export, write_records};
pub use fault::LineFault;
pub use formats::Moment;
pub use import::{ImportError, ImportOptions, ImportReport, Input, InputFault, Progress, import};
pub use limits::LINE_BYTES;
pub use line::{ClientLine, EntryLine, Line, SlotLine, parse_line, type_of};
pub use write::write_line;
