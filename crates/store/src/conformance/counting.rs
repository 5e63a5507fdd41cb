//! Counting: what a store tells of its commits.

use std::sync::Arc;

use super::region::{ADULTS, ANNA, book, booked, fill};
use crate::Store;

pub async fn a_commit_is_counted_before_it_is_answered(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let before = store.load();
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let after = store.load();
    assert!(after.batch_size.count() > before.batch_size.count(), "{after:?}");
    assert!(after.batch_size.sum >= before.batch_size.sum + 1.0, "{after:?}");
    assert!(after.commit_seconds.count() > before.commit_seconds.count(), "{after:?}");
    assert!(after.commit_seconds.sum > before.commit_seconds.sum, "{after:?}");
    assert_eq!(after.batch_size.count(), after.commit_seconds.count());
}
