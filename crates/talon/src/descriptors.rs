//! File descriptors: each connection is one, and the store, the log and the keys need theirs.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not connections.
const OWN: u64 = 128;

/// Raises the process's limit as far as these connections need and it may, and returns how many
/// connections there is room for. Systems start processes with a soft limit of 1,024 for the sake
/// of `select`, which nothing here uses.
pub(crate) fn room_for(connections: u32) -> u32 {
    let wanted = u64::from(connections) + OWN;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    let possible = limit.maximum.unwrap_or(u64::MAX).min(wanted);
    let raised = possible > current
        && setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum: limit.maximum }).is_ok();
    let room = if raised { possible } else { current };
    if room >= wanted {
        return connections;
    }
    let fit = u32::try_from(room.saturating_sub(OWN)).unwrap_or(u32::MAX).max(1);
    tracing::warn!(connections = fit, "limits.connections was lowered: the process may not open more files");
    fit
}
