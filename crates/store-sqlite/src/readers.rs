//! The threads that read, and their queue.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use rusqlite::Connection;
use talon_store::{Result, StoreError};
use talon_vault::Vault;
use tokio::sync::oneshot;

use crate::{failure, open::open_reader};

/// A few threads, each with a `query_only` connection of its own.
///
/// Not the runtime's blocking threads, of which only so many could be let in as there are connections:
/// each would go to sleep after its read and be woken for the next, and when hundreds are refused one
/// time at once, that cost a tenth of the CPU which they all wait for. A thread here takes what waits.
pub(crate) struct Readers {
    path: PathBuf,
    contacts: Option<Arc<Vault>>,
    queue: Mutex<Option<Sender<Read>>>,
    threads: Mutex<Vec<JoinHandle<Connection>>>,
}

/// One read, with the way to answer it. There are never more of them than requests in progress.
type Read = Box<dyn FnOnce(&Connection) + Send>;

impl Readers {
    /// Opens `count` connections, at least one.
    pub(crate) fn start(path: &Path, contacts: Option<Arc<Vault>>, count: usize) -> std::io::Result<Self> {
        let (queue, reads) = unbounded();
        let mut threads = Vec::new();
        for _ in 0..count.max(1) {
            let connection = open_reader(path, contacts.as_ref()).map_err(std::io::Error::other)?;
            let reads = reads.clone();
            let thread = std::thread::Builder::new().name("store-reader".into());
            threads.push(thread.spawn(move || read_to_the_end(connection, &reads))?);
        }
        Ok(Self { path: path.to_owned(), contacts, queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) })
    }

    /// Runs a read when a thread has time for it. A caller that gives up while it waits ends the
    /// waiting, and nothing is read.
    pub(crate) async fn run<T, F>(&self, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> failure::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let read = move |connection: &Connection| {
            if !reply.is_closed() {
                let _ = reply.send(read(connection));
            }
        };
        {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queue.as_ref().ok_or(StoreError::Closed)?;
            queue.send(Box::new(read)).map_err(|_| StoreError::Closed)?;
        }
        match answer.await {
            Ok(outcome) => outcome.map_err(StoreError::from),
            Err(_) => Err(StoreError::Bug("a read panicked".to_owned())),
        }
    }

    /// A connection of its own that sees the present state for as long as it lives.
    pub(crate) async fn snapshot(&self) -> Result<Connection> {
        let (path, contacts) = (self.path.clone(), self.contacts.clone());
        self.run(move |_| {
            let connection = open_reader(&path, contacts.as_ref())?;
            connection.execute_batch("BEGIN")?;
            // The state is fixed by the first read and not by BEGIN.
            connection.query_row("SELECT count(*) FROM installation", [], |_| Ok(()))?;
            Ok(connection)
        })
        .await
    }

    /// Takes nothing more, waits until what was taken is read, and lets go of the file. Blocks.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // One connection at a time: of two that close together each may take the other for one that
            // stays, and then neither removes the write-ahead log.
            match thread.join() {
                Ok(connection) => drop(connection),
                Err(_) => tracing::error!("a reader of the store panicked"),
            }
        }
    }
}

/// Reads until nothing more can come; gives the connection back to be closed.
fn read_to_the_end(connection: Connection, reads: &Receiver<Read>) -> Connection {
    for read in reads {
        // A panic is a mistake of ours in one read; the others are not to lose their thread by it. Who
        // asked finds that the answer will not come.
        let _ = catch_unwind(AssertUnwindSafe(|| read(&connection)));
    }
    connection
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    };

    use super::*;

    /// One thread, on an empty file.
    fn readers() -> (tempfile::TempDir, Arc<Readers>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talon.db");
        std::fs::write(&path, "").unwrap();
        let readers = Readers::start(&path, None, 1).unwrap();
        (folder, Arc::new(readers))
    }

    #[tokio::test]
    async fn a_read_that_panics_is_an_error_and_the_next_one_is_read() {
        let (_folder, readers) = readers();
        let panicked = readers.run(|_| -> failure::Result<()> { panic!("planted") }).await;
        assert!(matches!(panicked, Err(StoreError::Bug(_))));
        assert_eq!(readers.run(|_| Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_read() {
        let (_folder, readers) = readers();
        let (release, released) = channel();
        let (busy, now_busy) = channel();
        let first = tokio::spawn({
            let readers = Arc::clone(&readers);
            async move {
                let wait = move |_: &Connection| {
                    busy.send(()).unwrap();
                    released.recv().unwrap();
                    Ok(())
                };
                readers.run(wait).await
            }
        });
        while now_busy.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        let was_read = Arc::new(AtomicBool::new(false));
        {
            let was_read = Arc::clone(&was_read);
            let given_up = readers.run(move |_| {
                was_read.store(true, Ordering::SeqCst);
                Ok(())
            });
            // Polled once, it stands in the queue; dropped, nobody waits for it.
            tokio::select! { biased; _ = given_up => {}, () = std::future::ready(()) => {} }
        }
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(readers.run(|_| Ok(())).await, Ok(()));
        assert!(!was_read.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn closed_it_takes_nothing_more() {
        let (_folder, readers) = readers();
        readers.close();
        assert_eq!(readers.run(|_| Ok(())).await, Err(StoreError::Closed));
    }
}
