//! Lines of what entries were before they were moved, and of why they were cancelled.

use talon_domain::{
    entry::Ticket,
    history::{BadReason, CancelReason, Cancellation, EntryVersion},
    ids::{EntryId, EntryKey, FacilityId, ResourceId, SlotId},
};

use super::{Line, booking::INSTANT};
use crate::{fields::Fields, formats, limits};

pub(super) fn entry_version(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let entry = fields.guid("entry", EntryId::parse);
    let version = fields.number("version", 1, u64::from(u32::MAX));
    let resource = fields.guid("resource", ResourceId::parse);
    let slot = fields.guid("slot", SlotId::parse);
    let place = fields.number("place", 1, limits::PLACES);
    let start = fields.read("start", INSTANT, formats::instant);
    let minutes = fields.number("minutes", 1, limits::MINUTES);
    let ticket = fields.text("ticket", limits::TICKET);
    let until = fields.read("until", INSTANT, formats::instant);
    Some(Line::EntryVersion(EntryVersion {
        entry: EntryKey { facility: facility?, entry: entry? },
        version: version?,
        resource: resource?,
        slot: slot?,
        place: place?,
        start: start?,
        minutes: minutes?,
        ticket: Ticket(ticket?),
        until: until?,
    }))
}

pub(super) fn cancellation(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let entry = fields.guid("entry", EntryId::parse);
    let code = fields.number_optional("code", 1, u64::from(CancelReason::HIGHEST));
    let text = fields.text_optional("reason", CancelReason::LONGEST);
    let at = fields.read("at", INSTANT, formats::instant);
    let reason = reason(fields, code?, text?);
    Some(Line::Cancellation(Cancellation {
        entry: EntryKey { facility: facility?, entry: entry? },
        reason: reason?,
        at: at?,
    }))
}

fn reason(fields: &mut Fields<'_, '_>, code: Option<u8>, text: Option<String>) -> Option<Option<CancelReason>> {
    let made = match (code, text) {
        (None, None) => return Some(None),
        (None, Some(_)) => Err(BadReason::TextUnasked),
        (Some(code), text) => CancelReason::new(code, text),
    };
    match made {
        Ok(reason) => Some(Some(reason)),
        Err(bad) => {
            fields.fault("reason", bad.to_string());
            None
        }
    }
}
