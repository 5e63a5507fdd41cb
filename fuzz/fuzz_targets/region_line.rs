//! A line of the region file: whatever the text, it is read or its faults are named.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(faults) = talon_region::parse_line(text)
    {
        assert!(!faults.is_empty(), "refused without a reason");
    }
});
