//! The floor: the least that a server can do which checks a token over HTTP and keeps a booking.
//!
//! It writes the rows of Talon's schema with Talon's settings of SQLite, or in batches to PostgreSQL,
//! and leaves out whatever could be called overhead: no facts are read, no rule is asked, nothing is
//! logged or counted, a command has no savepoint of its own. What a request names is turned into keys
//! as it stands.

mod batch;
mod checkpoint;
mod http;
mod postgres;
mod request;
mod store;
mod token;
mod writer;

use std::path::Path;

use anyhow::Context;

use crate::args::FloorArgs;

/// Serves until it is killed.
pub(crate) fn run(args: &FloorArgs) -> anyhow::Result<()> {
    let key = match (&args.hs256, &args.ed25519) {
        (Some(path), _) => token::Key::hs256(&read(path)?),
        (None, Some(path)) => token::Key::ed25519(&read(path)?),
        (None, None) => anyhow::bail!("a key is needed"),
    };
    let queue = match args.store.strip_prefix("sqlite:").map(Path::new) {
        Some(file) => writer::start(store::open(file)?, checkpoint::start(file, !args.no_checkpoint)?)?,
        None => postgres::start(&args.store)?,
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(http::serve(key, queue))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
