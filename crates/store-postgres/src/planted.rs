//! Bugs that the rigs must catch. Without the feature `planted-bugs` none of them exists.

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The place of a cell is read and never claimed.
    NoSlotKey,
    /// A commit does not wait for the disk.
    SynchronousNormal,
}

#[cfg(feature = "planted-bugs")]
pub(crate) fn planted(bug: Bug) -> bool {
    use std::sync::LazyLock;

    static IN_FORCE: LazyLock<Option<Bug>> =
        LazyLock::new(|| match std::env::var("TALON_PLANTED_BUG").ok()?.as_str() {
            "no-slot-key" => Some(Bug::NoSlotKey),
            "synchronous-normal" => Some(Bug::SynchronousNormal),
            _ => None,
        });
    *IN_FORCE == Some(bug)
}

#[cfg(not(feature = "planted-bugs"))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}
