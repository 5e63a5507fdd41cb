//! The committers on PostgreSQL: what has queued up is the next commit of whoever of them is free.

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use super::{
    batch::Batch,
    writer::{Job, LARGEST_BATCH, QUEUE},
};

/// As many as Talon has: while one waits for the disk, the other has the server's ear.
const COMMITTERS: usize = 2;

const SCHEMA: &str = concat!(
    include_str!("../../../crates/store-postgres/migrations/0001_initial.sql"),
    include_str!("../../../crates/store-postgres/migrations/0002_journey.sql")
);

/// As Talon sets its sessions.
const SESSION: &str = "SET synchronous_commit = on; SET plan_cache_mode = force_generic_plan; SET jit = off";

/// Makes the tables when there are none, and starts the committers; they end with the process.
pub(super) fn start(address: &str) -> anyhow::Result<Sender<Job>> {
    let (queue, jobs) = bounded(QUEUE);
    for number in 0..COMMITTERS {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(open(address))?;
        let jobs = jobs.clone();
        std::thread::Builder::new().name(format!("committer-{number}")).spawn(move || {
            if let Err(error) = commit(&runtime, &client, &jobs) {
                eprintln!("the floor's store fails: {error}");
                std::process::exit(1);
            }
        })?;
    }
    Ok(queue)
}

/// A connection to a database with Talon's tables. It answers only while its runtime runs.
pub(super) async fn open(address: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(SESSION).await?;
    if client.query_one("SELECT to_regclass('entry') IS NULL", &[]).await?.get(0) {
        client.batch_execute(SCHEMA).await?;
    }
    Ok(client)
}

fn commit(runtime: &Runtime, client: &Client, jobs: &Receiver<Job>) -> Result<(), tokio_postgres::Error> {
    let statements = runtime.block_on(super::batch::Statements::prepare(client))?;
    while let Ok(first) = jobs.recv() {
        let mut taken = vec![first];
        while taken.len() < LARGEST_BATCH
            && let Ok(job) = jobs.try_recv()
        {
            taken.push(job);
        }
        let (bookings, replies): (Vec<_>, Vec<_>) = taken.into_iter().map(|job| (job.booking, job.reply)).unzip();
        let booked = match runtime.block_on(Batch(&bookings).write(client, &statements)) {
            Ok(booked) => booked.into_iter().map(Some).collect(),
            // A key is taken: nothing of the batch is kept.
            Err(error) if error.as_db_error().is_some() => {
                runtime.block_on(client.batch_execute("ROLLBACK"))?;
                vec![None; bookings.len()]
            }
            Err(error) => return Err(error),
        };
        for (reply, booked) in replies.into_iter().zip(booked) {
            let _ = reply.send(booked);
        }
    }
    Ok(())
}
