//! The one thread that writes: what has queued up is the next commit.

use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;
use talon_domain::{entry::Ticket, ids::EntryKey};
use tokio::sync::oneshot;

use super::{
    checkpoint::{LogIsLong, checkpoint},
    request::Booking,
    store,
};

/// As in Talon's store.
pub(super) const LARGEST_BATCH: usize = 128;
pub(super) const QUEUE: usize = 4096;

/// `None` when the booking could not be written.
pub(super) type Answer = Option<(EntryKey, Ticket)>;

/// A booking, and where its answer goes.
pub(super) struct Job {
    pub(super) booking: Booking,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// Starts the thread; it ends with the process.
pub(super) fn start(connection: Connection, log_is_long: LogIsLong) -> std::io::Result<Sender<Job>> {
    let (queue, jobs) = bounded(QUEUE);
    std::thread::Builder::new().name("writer".into()).spawn(move || {
        if let Err(error) = write(&connection, &jobs, &log_is_long) {
            eprintln!("the floor's store fails: {error}");
            std::process::exit(1);
        }
    })?;
    Ok(queue)
}

fn write(connection: &Connection, jobs: &Receiver<Job>, log_is_long: &LogIsLong) -> rusqlite::Result<()> {
    let mut answers = Vec::with_capacity(LARGEST_BATCH);
    while let Ok(first) = jobs.recv() {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut next = Some(first);
        while let Some(Job { booking, reply }) = next {
            let answer = match store::book(connection, &booking) {
                Ok(booked) => Some(booked),
                // A key is taken. Rows that are there already stay: this is no place to be undone.
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => None,
                Err(error) => return Err(error),
            };
            answers.push((reply, answer));
            next = if answers.len() < LARGEST_BATCH { jobs.try_recv().ok() } else { None };
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        for (reply, answer) in answers.drain(..) {
            let _ = reply.send(answer);
        }
        if log_is_long.swap(false, Ordering::AcqRel) {
            checkpoint(connection)?;
        }
    }
    Ok(())
}
