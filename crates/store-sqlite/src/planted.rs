//! Bugs that the rigs must catch. Without the feature `planted-bugs` none of them exists.

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The place of a cell is read and never claimed.
    NoSlotKey,
    /// Answers leave before the commit.
    AnswerBeforeCommit,
    /// A commit does not wait for the disk.
    SynchronousNormal,
    /// The message is written in a transaction of its own, after the booking's.
    OutboxOutside,
    /// A ticket is shown to whoever names its entry.
    OwnerIgnored,
    /// A hold has no claim on its place.
    HoldWithoutKey,
    /// Whoever books or holds looks over holds, whosesoever they are.
    HoldIgnored,
}

#[cfg(feature = "planted-bugs")]
pub(crate) fn planted(bug: Bug) -> bool {
    use std::sync::LazyLock;

    static IN_FORCE: LazyLock<Option<Bug>> =
        LazyLock::new(|| match std::env::var("TALON_PLANTED_BUG").ok()?.as_str() {
            "no-slot-key" => Some(Bug::NoSlotKey),
            "answer-before-commit" => Some(Bug::AnswerBeforeCommit),
            "synchronous-normal" => Some(Bug::SynchronousNormal),
            "outbox-outside" => Some(Bug::OutboxOutside),
            "owner-ignored" => Some(Bug::OwnerIgnored),
            "hold-without-key" => Some(Bug::HoldWithoutKey),
            "hold-ignored" => Some(Bug::HoldIgnored),
            _ => None,
        });
    *IN_FORCE == Some(bug)
}

#[cfg(not(feature = "planted-bugs"))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

/// Widens the window that a planted bug opens, so that a rig need not be lucky.
pub(crate) fn linger() {
    std::thread::park_timeout(std::time::Duration::from_millis(20));
}
