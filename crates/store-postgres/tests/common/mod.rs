//! What the tests share.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not themselves marked as tests")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;

use talon_store::{Store, conformance::region::now};
use talon_store_postgres::{DISTRIBUTE_CITUS, OpenOptions, PostgresStore};
use talon_testkit::postgres::{Postgres, Schema};

/// An empty schema. On a server that spreads tables over several nodes it has its tables, spread.
pub(crate) async fn schema() -> Schema {
    let schema = Postgres::shared().schema();
    if is_citus() {
        // As a user does it: the tables first, then their place in the cluster, then the server.
        node(&schema).await.close().await;
        schema.psql(DISTRIBUTE_CITUS);
    }
    schema
}

pub(crate) fn is_citus() -> bool {
    Postgres::shared().psql("SELECT count(*) FROM pg_extension WHERE extname = 'citus'").trim() == "1"
}

/// A node: a store of its own on the schema.
pub(crate) async fn node(schema: &Schema) -> Arc<dyn Store> {
    PostgresStore::open(&schema.url().parse().unwrap(), &OpenOptions::new(now())).await.unwrap()
}

/// An empty store.
pub(crate) async fn open() -> (Arc<dyn Store>, Schema) {
    let schema = schema().await;
    (node(&schema).await, schema)
}
