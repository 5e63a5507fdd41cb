//! What operators see of a running server: logs and metrics.

pub(crate) mod logs;
pub(crate) mod metrics;
mod store_load;
mod webhooks;
