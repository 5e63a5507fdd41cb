//! A bounded queue, and the one thread that works it off.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use talon_store::StoreError;

use crate::open::OnFatal;

/// The end that jobs are put into.
pub(crate) struct Queue<J> {
    jobs: Mutex<Option<Sender<J>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<AtomicBool>,
    name: &'static str,
}

/// The end that jobs are taken from.
pub(crate) struct Jobs<J> {
    pub(crate) waiting: Receiver<J>,
    failed: Arc<AtomicBool>,
    on_fatal: OnFatal,
}

impl<J> Jobs<J> {
    /// Tells that nothing can be done any more: the process is to end.
    pub(crate) fn give_up(&self, error: &StoreError) {
        self.failed.store(true, Ordering::Release);
        (self.on_fatal)(error);
    }
}

impl<J: Send + 'static> Queue<J> {
    /// Starts the thread, which is called `name` in what is told of it.
    pub(crate) fn start(
        name: &'static str,
        limit: usize,
        on_fatal: &OnFatal,
        work: impl FnOnce(&Jobs<J>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = bounded(limit);
        let failed = Arc::new(AtomicBool::new(false));
        let taken = Jobs { waiting, failed: Arc::clone(&failed), on_fatal: Arc::clone(on_fatal) };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // A panic is a mistake of ours that leaves the connection in an unknown state: it must not leave a
            // process behind that lives on and keeps nothing.
            if catch_unwind(AssertUnwindSafe(|| work(&taken))).is_err() {
                taken.give_up(&StoreError::Bug(format!("{name} panicked")));
            }
        })?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), failed, name })
    }

    /// Puts a job at its end, if there is room.
    pub(crate) fn put(&self, job: J) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().ok_or(StoreError::Closed)?.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// How many jobs wait.
    pub(crate) fn len(&self) -> usize {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, Sender::len)
    }

    /// Whether its thread has given up.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Takes nothing more and waits until what was taken is done. Blocks.
    pub(crate) fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("{} panicked", self.name);
        }
    }
}
