//! Which hold a request is about.

use talon_domain::ids::HoldKey;

use super::field::{Fault, FieldFault};

/// Reads the path's segment.
pub(crate) fn read_hold_id(text: &str) -> Result<HoldKey, Vec<FieldFault>> {
    HoldKey::parse(text).map_err(|_| vec![FieldFault::new("id", Fault::HoldId)])
}
