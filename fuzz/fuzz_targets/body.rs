//! A request's body: whatever the bytes, they are a booking or their faults are named.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| talon_iemk::fuzzing::body(bytes));
