//! The region's store against the suite of the port.

mod common;

talon_store::conformance!(crate::common::open);
