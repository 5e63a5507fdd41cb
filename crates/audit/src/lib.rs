//! What proves the audit: signed checkpoints of its chains, the look for what was changed since, and records as FHIR.
//!
//! Chains are made by the store ([`talon_store::Trail`]). A chain alone proves nothing against somebody who can write
//! the store, for they can compute it anew; a checkpoint of it that they cannot reach does.

mod chain;
mod checkpoint;
mod fault;
mod fhir;
mod file;
mod hashing;
mod lines;
mod verify;

pub use checkpoint::{BadLine, Checkpoint, line_hash};
pub use fault::Fault;
pub use fhir::audit_event;
pub use file::CheckpointFile;
pub use hashing::Hashing;
pub use lines::Lines;
pub use verify::{MOST_NAMED, Report, verify};
