//! The region's store against the suite of the port.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not themselves marked as tests")]

mod common;

use std::sync::Arc;

use talon_store::Store;
use talon_testkit::postgres::Schema;
use tempfile::TempDir;

/// An empty store whose contacts are sealed.
async fn open() -> (Arc<dyn Store>, (Schema, TempDir)) {
    let (schema, folder) = (common::schema().await, TempDir::new().unwrap());
    let keys = common::keys(&folder.path().join("contacts"));
    (common::node_with(&schema, Some(keys)).await, (schema, folder))
}

talon_store::conformance!(open);
