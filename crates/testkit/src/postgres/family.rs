//! The processes of a server: PostgreSQL runs one for each connection.

use std::{fs, os::fd::OwnedFd};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, pidfd_open, pidfd_send_signal, waitid},
};

/// Stops the postmaster where it stands, waits until it does, and only then asks for its children,
/// so that none is made behind the list's back. One that has ended instead stays to be waited for.
pub(super) fn freeze(postmaster: Pid) -> Vec<Pid> {
    kill_process(postmaster, Signal::STOP).expect("the postmaster can be stopped");
    let stopped_or_ended = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(postmaster), stopped_or_ended).expect("the postmaster is a child of this process");
    let children = children(postmaster);
    signal_all(&children, Signal::STOP);
    children
}

/// Lets those go on that [`freeze`] stopped.
pub(super) fn thaw(postmaster: Pid) {
    signal_all(&children(postmaster), Signal::CONT);
    signal_all(&[postmaster], Signal::CONT);
}

/// SIGKILL to each, and waits until each has let go of all that it held: a file that is still open
/// would keep a disk from being unmounted.
pub(super) fn kill_all(processes: &[Pid]) {
    let handles: Vec<OwnedFd> =
        processes.iter().filter_map(|process| pidfd_open(*process, PidfdFlags::empty()).ok()).collect();
    for handle in &handles {
        // One that has ended by itself is no fault.
        let _ = pidfd_send_signal(handle, Signal::KILL);
    }
    for handle in &handles {
        // Readable when the process has ended, whether or not its parent has taken notice.
        poll(&mut [PollFd::new(handle, PollFlags::IN)], None).expect("a process can be waited for");
    }
}

/// Signals each. One that has ended by itself is no fault.
pub(super) fn signal_all(processes: &[Pid], signal: Signal) {
    for process in processes {
        let _ = kill_process(*process, signal);
    }
}

/// The processes whose parent this is.
fn children(parent: Pid) -> Vec<Pid> {
    let all = fs::read_dir("/proc").expect("/proc can be read").flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| parent_of(*id) == Some(parent.as_raw_nonzero().get())).filter_map(Pid::from_raw).collect()
}

fn parent_of(id: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in brackets, may hold anything; state and parent follow it.
    let (_, fields) = status.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}
