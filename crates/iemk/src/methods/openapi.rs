//! `GET /openapi.json`: the description of these methods, for tools.

use crate::{
    answer::{Done, Media},
    call::Outcome,
};

/// The hand-written document that the repository shows.
pub(crate) const DOCUMENT: &str = include_str!("../../../../docs/contract/iemk/openapi.json");

/// Serves it as it is written.
pub(crate) fn document() -> Outcome {
    Ok(Done { outcome: "ok", body: DOCUMENT.as_bytes().to_vec(), media: Media::Json })
}
