//! Opening the database: what must be true of it, and what to say when it is not.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Object, Pool, PoolError};
use jiff::Timestamp;
use talon_domain::{event::Subscription, waiting::OfferTerms};
use talon_store::StoreError;
use talon_vault::Vault;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use crate::{
    failure::{Failure, words},
    url::PostgresUrl,
};

/// The oldest server that is tested: `server_version_num`.
const OLDEST_SERVER: i32 = 140_000;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Make the tables when they are missing, and bring an older schema up to date.
    pub create: bool,
    /// How many commands may wait before more are refused as [`StoreError::Overloaded`].
    pub queue_limit: usize,
    /// How many connections read.
    pub readers: usize,
    /// How many connections commit batches. Two keep the server busy while one waits for its disk; more
    /// only meet each other at the same claims.
    pub writers: usize,
    /// How long a command may take, waiting for a connection and running again included.
    pub deadline: Duration,
    /// The present, kept beside the migrations.
    pub now: Timestamp,
    /// How long a free time stands offered to one who waits for it.
    pub offers: OfferTerms,
    /// Who is told of events.
    pub hooks: Arc<[Subscription]>,
    /// By which contacts are sealed, the same for every node; without them they lie in the database as they are.
    pub contacts: Option<Arc<Vault>>,
}

impl OpenOptions {
    /// The defaults of `talon serve`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            create: true,
            queue_limit: 1024,
            readers: 4,
            writers: 2,
            deadline: Duration::from_secs(10),
            now,
            offers: OfferTerms::default(),
            hooks: Arc::default(),
            contacts: None,
        }
    }
}

/// The first connection: what cannot be mended by waiting is told at the start. A server that takes the
/// connection and then says nothing is given up after `deadline`.
pub(crate) async fn first(pool: &Pool, url: &PostgresUrl, deadline: Duration) -> Result<Object, StoreError> {
    let looked = timeout(deadline, look(pool, url)).await;
    looked.unwrap_or_else(|_| {
        Err(StoreError::Open(format!("{url}: the server does not answer; check that a PostgreSQL that works is there")))
    })
}

async fn look(pool: &Pool, url: &PostgresUrl) -> Result<Object, StoreError> {
    let client = pool.get().await.map_err(|error| StoreError::Open(format!("{url}: {}", remedy(error))))?;
    let fault = |what: &str| StoreError::Open(format!("{url}: {what}"));
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), \
             current_setting('server_encoding'), current_setting('fsync'), current_setting('full_page_writes'), \
             current_setting('transaction_read_only')",
            &[],
        )
        .await
        .map_err(|error| fault(&words(&error)))?;
    let (version, standby): (i32, bool) = (row.get(0), row.get(1));
    let (encoding, fsync, pages): (&str, &str, &str) = (row.get(2), row.get(3), row.get(4));
    if version < OLDEST_SERVER {
        return Err(fault("the server is older than PostgreSQL 14; upgrade it"));
    }
    if standby {
        return Err(fault(
            "the server is a standby and cannot be written; name every host and target_session_attrs=read-write",
        ));
    }
    if row.get::<_, &str>(5) == "on" {
        return Err(fault(
            "the database cannot be written; set default_transaction_read_only = off for server, database and role",
        ));
    }
    if encoding != "UTF8" {
        return Err(fault("the database does not store UTF-8; create one with ENCODING 'UTF8'"));
    }
    if fsync == "off" || pages == "off" {
        tracing::warn!(fsync, full_page_writes = pages, "the database server may lose what was answered");
    }
    Ok(client)
}

/// Why there is no connection, and what to do about it.
fn remedy(error: PoolError) -> String {
    let PoolError::Backend(error) = error else { return error.to_string() };
    let what = words(&error);
    let advice = match error.code() {
        Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) if what.contains("no encryption") => {
            "the server takes no connection like this one; it probably demands TLS: use sslmode=verify-full"
        }
        Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            "check user and password in the address, and pg_hba.conf of the server"
        }
        Some(&SqlState::INVALID_CATALOG_NAME) => "create the database, or correct its name in the address",
        Some(&SqlState::TOO_MANY_CONNECTIONS) => "raise max_connections of the server, or lower limits.readers",
        Some(&SqlState::CANNOT_CONNECT_NOW) => "the server is starting or stopping; try again in a moment",
        Some(_) => "see the server's log",
        None if what.contains("does not support TLS") => {
            "the address demands TLS (sslmode); switch it on at the server (ssl = on), or use sslmode=disable in a trusted network"
        }
        None if what.contains("password missing") => {
            "the server asks for one; put it into a file and add password_file=FILE to the address"
        }
        None if what.contains("certificate") => {
            "name the certificate that signed the server's with sslrootcert=FILE, and the server as its certificate does"
        }
        None if what.contains("does not allow writes") => "none of the servers can be written; name the primary too",
        None => "check host and port in the address, and that the server runs and listens there",
    };
    format!("{what}; {advice}")
}

/// What a failure while opening says.
pub(crate) fn opening(url: &PostgresUrl, failure: Failure) -> StoreError {
    match StoreError::from(failure) {
        error @ StoreError::Damaged(_) => error,
        error => StoreError::Open(format!("{url}: {error}")),
    }
}
