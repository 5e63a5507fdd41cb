//! Lines of what an installation did.

use talon_domain::{entry::TicketCounter, message::Message};

use super::schedule::moment;
use crate::{EntryLine, object::Object};

pub(super) fn entry(object: &mut Object<'_>, entry: &EntryLine) {
    object
        .plain("facility", entry.key.facility)
        .plain("guid", entry.key.entry)
        .plain("resource", entry.resource)
        .plain("slot", entry.slot)
        .plain("person", entry.person)
        .plain_optional("referral", entry.referral)
        .text("ticket", &entry.ticket.0)
        .plain("state", entry.state.code())
        .plain("booked_at", entry.booked_at)
        .number_optional("version", entry.version)
        .number_optional("place", entry.place)
        .text_optional("specialty", entry.specialty.as_ref().map(|code| code.0.as_str()));
    if let Some(start) = entry.start {
        moment(object, "start", start);
    }
    object
        .number_optional("minutes", entry.minutes)
        .plain_optional("client", entry.client)
        .plain_optional("channel", entry.channel.map(|channel| channel.code()));
}

pub(super) fn counter(object: &mut Object<'_>, counter: &TicketCounter) {
    object.plain("facility", counter.facility).plain("day", counter.day).number("last", counter.last);
}

pub(super) fn message(object: &mut Object<'_>, message: &Message) {
    object
        .plain("facility", message.entry.facility)
        .plain("entry", message.entry.entry)
        .number("version", message.version)
        .plain("kind", message.kind.code())
        .plain("created", message.created);
}
