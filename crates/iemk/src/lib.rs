//! The portal contract: routes, request and answer shapes, refusal texts
