//! The invariants of ARCHITECTURE.md and deny.toml, over the whole workspace.

mod dependencies;
mod files;
mod graph;
mod licences;
