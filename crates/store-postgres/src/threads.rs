//! The store's own threads.
//!
//! Committers and connections do not run beside requests. A runtime that is offered more than it can do has thousands of
//! requests ready at once, and hands each of them a turn before a committer has its next; with some turns for each of a
//! batch's round trips, a batch then takes seconds. At five times what could be done, one in thirteen of what could be done
//! was booked (`docs/benchmarks.md`, overload).

use std::sync::{Mutex, PoisonError};

use talon_store::StoreError;
use tokio::runtime::{Builder, Handle, Runtime};

/// One for each committer of the defaults; between round trips they sleep.
const THREADS: usize = 2;

/// Threads on which tasks of the store run.
pub(crate) struct Threads {
    runtime: Mutex<Option<Runtime>>,
    /// Gives tasks to them.
    pub(crate) handle: Handle,
}

impl Threads {
    pub(crate) fn start() -> Result<Self, StoreError> {
        let mut threads = Builder::new_multi_thread();
        let runtime = threads.worker_threads(THREADS).thread_name("store-postgres").enable_all().build();
        let runtime = runtime.map_err(|error| StoreError::Open(format!("no thread can be started: {error}")))?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Mutex::new(Some(runtime)) })
    }

    /// Ends them, without waiting: whoever lets go of the store may be a task that must not block. What still runs has
    /// nobody who waits for it.
    pub(crate) fn stop(&self) {
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}
