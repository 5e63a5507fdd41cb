//! Lines of what entries were before they were moved, and of why they were cancelled.

use talon_domain::history::{CancelReason, Cancellation, EntryVersion};

use crate::object::Object;

pub(super) fn entry_version(object: &mut Object<'_>, version: &EntryVersion) {
    object
        .plain("facility", version.entry.facility)
        .plain("entry", version.entry.entry)
        .number("version", version.version)
        .plain("resource", version.resource)
        .plain("slot", version.slot)
        .number("place", version.place)
        .plain("start", version.start)
        .number("minutes", version.minutes)
        .text("ticket", &version.ticket.0)
        .plain("until", version.until);
}

pub(super) fn cancellation(object: &mut Object<'_>, cancellation: &Cancellation) {
    object
        .plain("facility", cancellation.entry.facility)
        .plain("entry", cancellation.entry.entry)
        .number_optional("code", cancellation.reason.as_ref().map(CancelReason::code))
        .text_optional("reason", cancellation.reason.as_ref().and_then(CancelReason::text))
        .plain("at", cancellation.at);
}
