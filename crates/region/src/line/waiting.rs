//! Lines of places on waiting lists.

use talon_domain::{
    access::Channel,
    ids::{ClientId, FacilityId, PersonId, ReferralKey, ResourceId, WaitingId, WaitingKey},
    resource::SpecialtyCode,
    waiting::{ANY_TIME, USUAL_PRIORITY, Waiting, WaitingState},
};

use super::{Line, booking::INSTANT, people::DATE};
use crate::{fields::Fields, formats, limits};

const TIME: &str = "a time as HH:MM";

/// An offer does not travel: its time lapses, and who had it waits on.
const STATES: &[WaitingState] =
    &[WaitingState::Waiting, WaitingState::Booked, WaitingState::Withdrawn, WaitingState::Over];

pub(super) fn waiting(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let waiting = fields.guid("guid", WaitingId::parse);
    let person = fields.guid("person", PersonId::parse);
    let specialty = fields.text("specialty", limits::CODE);
    let resource = fields.guid_optional("resource", ResourceId::parse);
    let referral = fields
        .read_optional("referral", "two guids, the issuing facility's first", |text| ReferralKey::parse(text).ok());
    let phone = fields.text_optional("phone", limits::PHONE);
    let from = fields.read("from", DATE, formats::date);
    let until = fields.read("until", DATE, formats::date);
    let time_from = fields.read_optional("time_from", TIME, formats::time);
    let time_until = fields.read_optional("time_until", TIME, formats::time);
    let priority = fields.number_optional("priority", 0, u64::from(u16::MAX));
    let due = fields.read_optional("due", DATE, formats::date);
    let since = fields.read("since", INSTANT, formats::instant);
    let state = fields.code("state", STATES, WaitingState::code);
    let version = fields.number_optional("version", 1, u64::from(u32::MAX));
    let client = fields.guid_optional("client", ClientId::parse);
    let channel = fields.code_optional("channel", Channel::ALL, Channel::code);
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        fields.fault("until", "before from");
    }
    Some(Line::Waiting(Waiting {
        key: WaitingKey { facility: facility?, waiting: waiting? },
        person: person?,
        specialty: SpecialtyCode(specialty?),
        resource: resource?,
        referral: referral?,
        phone: phone?,
        dates: (from?, until?),
        times: (time_from?.unwrap_or(ANY_TIME.0), time_until?.unwrap_or(ANY_TIME.1)),
        priority: priority?.unwrap_or(USUAL_PRIORITY),
        due: due?,
        since: since?,
        state: state?,
        version: version?.unwrap_or(1),
        client: client?,
        channel: channel?.unwrap_or(Channel::Registry),
    }))
}
