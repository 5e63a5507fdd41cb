//! The methods, one file each: extract, call, map.

pub(crate) mod book;
pub(crate) mod openapi;
pub(crate) mod personal;
pub(crate) mod token;
