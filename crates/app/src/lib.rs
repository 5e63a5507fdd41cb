//! Use cases: may this caller, then the store, then what is counted
