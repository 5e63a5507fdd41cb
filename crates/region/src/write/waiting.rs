//! Lines of places on waiting lists.

use talon_domain::waiting::Waiting;

use crate::object::Object;

pub(super) fn waiting(object: &mut Object<'_>, waiting: &Waiting) {
    object
        .plain("facility", waiting.key.facility)
        .plain("guid", waiting.key.waiting)
        .plain("person", waiting.person)
        .text("specialty", &waiting.specialty.0)
        .plain_optional("resource", waiting.resource)
        .plain_optional("referral", waiting.referral)
        .text_optional("phone", waiting.phone.as_deref())
        .plain("from", waiting.dates.0)
        .plain("until", waiting.dates.1)
        .plain("time_from", waiting.times.0.strftime("%H:%M"))
        .plain("time_until", waiting.times.1.strftime("%H:%M"))
        .number("priority", waiting.priority)
        .plain_optional("due", waiting.due)
        .plain("since", waiting.since)
        .plain("state", waiting.state.code())
        .number("version", waiting.version)
        .plain_optional("client", waiting.client)
        .plain("channel", waiting.channel.code());
}
