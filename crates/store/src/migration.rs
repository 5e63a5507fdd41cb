//! Which migrations a store still needs: the same answer for every back end.

use crate::StoreError;

/// A step of the schema. Append-only: a step that was released is never changed.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub version: u32,
    /// What it does, in a word or two.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// The migrations of `known` that a store which has `applied` (version and checksum of each) still
/// needs, in order. `checksum` is that of a migration's text.
///
/// # Errors
///
/// [`StoreError::Open`] when the store was migrated by a newer program, or by one whose steps
/// differ from ours: either way our statements may not mean what they meant there.
pub fn pending<'a>(
    known: &'a [Migration],
    applied: &[(u32, String)],
    checksum: impl Fn(&str) -> String,
) -> Result<&'a [Migration], StoreError> {
    if applied.len() > known.len() {
        return Err(StoreError::Open(format!(
            "the store's schema is version {}, newer than this program knows ({}); use the program that migrated it, or a newer one",
            applied.len(),
            known.len(),
        )));
    }
    for (step, (version, sum)) in known.iter().zip(applied) {
        if step.version != *version || checksum(step.sql) != *sum {
            return Err(StoreError::Open(format!(
                "migration {version} of the store is not the one that this program carries ({}); it was made by another build, or the file is damaged",
                step.name,
            )));
        }
    }
    Ok(&known[applied.len()..])
}
