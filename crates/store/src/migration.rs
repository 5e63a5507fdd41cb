//! Which migrations a store still needs: the same answer for every back end.

use crate::{StoreError, migration_checksum};

/// A step of the schema. Append-only: a step that was released is never changed.
///
/// A step that only adds (a table, a column that may be empty) leaves older programs working and says
/// so in `oldest`; what it makes superfluous is removed by a later step, when no older program is left.
/// That is how the nodes of one installation are exchanged one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub version: u32,
    /// What it does, in a word or two.
    pub name: &'static str,
    /// The oldest schema version whose programs still work on the schema that it leaves.
    pub oldest: u32,
    /// The statements.
    pub sql: &'static str,
}

/// A step that a store has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: u32,
    /// The checksum of its statements: [`migration_checksum`].
    pub checksum: String,
    /// [`Migration::oldest`] of the program that took it.
    pub oldest: u32,
}

/// The migrations of `known` that a store which has `applied` still needs, in order.
///
/// # Errors
///
/// [`StoreError::Open`] when the store was migrated by a newer program in a way that this one does
/// not survive, or by one whose steps differ from ours: either way our statements may not mean what
/// they meant there.
pub fn pending<'a>(known: &'a [Migration], applied: &[Applied]) -> Result<&'a [Migration], StoreError> {
    for (step, there) in known.iter().zip(applied) {
        if step.version != there.version || migration_checksum(step.sql) != there.checksum {
            return Err(StoreError::Open(format!(
                "migration {} of the store is not the one that this program carries ({}); it was made by another build, or the store is damaged",
                there.version, step.name,
            )));
        }
    }
    let newer = applied.get(known.len()..).unwrap_or_default();
    let ours = known.len();
    match newer.iter().find(|step| step.oldest as usize > ours) {
        Some(step) => Err(StoreError::Open(format!(
            "the store's schema is version {}, newer than this program knows ({ours}), and it needs version {} at least; use the program that migrated it, or a newer one",
            applied.len(),
            step.oldest,
        ))),
        None => Ok(known.get(applied.len()..).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Migration] = &[
        Migration { version: 1, name: "initial", oldest: 1, sql: "one" },
        Migration { version: 2, name: "second", oldest: 1, sql: "two" },
    ];

    fn applied(steps: &[(u32, &str, u32)]) -> Vec<Applied> {
        let step = |(version, sql, oldest): &(u32, &str, u32)| Applied {
            version: *version,
            checksum: migration_checksum(sql),
            oldest: *oldest,
        };
        steps.iter().map(step).collect()
    }

    #[test]
    fn what_is_missing_is_pending() {
        assert_eq!(pending(KNOWN, &[]).unwrap().len(), 2);
        assert_eq!(pending(KNOWN, &applied(&[(1, "one", 1)])).unwrap()[0].version, 2);
    }

    #[test]
    fn a_newer_schema_is_used_if_it_was_only_added_to() {
        let mut steps = vec![(1, "one", 1), (2, "two", 1), (3, "added", 2)];
        assert!(pending(KNOWN, &applied(&steps)).unwrap().is_empty());
        steps.push((4, "removed", 3));
        assert!(matches!(pending(KNOWN, &applied(&steps)), Err(StoreError::Open(_))));
    }

    #[test]
    fn another_step_under_our_number_is_refused() {
        assert!(matches!(pending(KNOWN, &applied(&[(1, "other", 1)])), Err(StoreError::Open(_))));
    }
}
