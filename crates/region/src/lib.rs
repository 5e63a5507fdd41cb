//! The region file: a region's data in and out as NDJSON
