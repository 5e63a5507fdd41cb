//! What the tests share.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not themselves marked as tests")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{path::Path, sync::Arc};

use talon_store::{
    Store,
    conformance::{self, region::now},
};
use talon_store_postgres::{DISTRIBUTE_CITUS, OpenOptions, PostgresStore};
use talon_testkit::postgres::{Postgres, Schema};
use talon_vault::Vault;

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
    node_with(schema, None).await
}

/// A node that seals contacts.
pub(crate) async fn node_with(schema: &Schema, contacts: Option<Arc<Vault>>) -> Arc<dyn Store> {
    let hooks = conformance::posting::hooks();
    let options = OpenOptions { contacts, hooks, ..OpenOptions::new(now()) };
    PostgresStore::open(&schema.url().parse().unwrap(), &options).await.unwrap()
}

/// The keys in a file, which is made.
pub(crate) fn keys(file: &Path) -> Arc<Vault> {
    talon_vault::create_if_missing(file).unwrap();
    Arc::new(Vault::open_file(file).unwrap())
}

/// An empty store.
pub(crate) async fn open() -> (Arc<dyn Store>, Schema) {
    let schema = schema().await;
    (node(&schema).await, schema)
}
