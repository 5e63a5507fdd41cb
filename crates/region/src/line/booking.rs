//! Lines of what an installation did: entry, counter, message.

use jiff::Timestamp;
use talon_domain::{
    access::Channel,
    entry::{Entry, EntryState, Ticket, TicketCounter},
    ids::{ClientId, EntryId, EntryKey, FacilityId, PersonId, ReferralKey, ResourceId, SlotId},
    message::{Message, MessageKind},
    resource::SpecialtyCode,
};
use talon_store::ANY_PLACE;

use super::{Line, people::DATE, schedule::MOMENT};
use crate::{Moment, fields::Fields, formats, limits};

/// An entry's line. Another system's has no more than the keys of the table; the rest then comes
/// from the cell and the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryLine {
    /// Facility and guid.
    pub key: EntryKey,
    /// With whom.
    pub resource: ResourceId,
    /// In which cell.
    pub slot: SlotId,
    /// Who is booked.
    pub person: PersonId,
    /// Under which referral.
    pub referral: Option<ReferralKey>,
    /// The ticket.
    pub ticket: Ticket,
    /// What became of it.
    pub state: EntryState,
    /// When it was made.
    pub booked_at: Timestamp,
    /// Its version; 1 when left out.
    pub version: Option<u32>,
    /// Its place in the cell; the lowest free one when left out.
    pub place: Option<u16>,
    /// The specialty that it counts for; the resource's when left out.
    pub specialty: Option<SpecialtyCode>,
    /// When it begins; with the cell when left out.
    pub start: Option<Moment>,
    /// How long it lasts; as long as the cell when left out.
    pub minutes: Option<u16>,
    /// By which client application.
    pub client: Option<ClientId>,
    /// Through which channel.
    pub channel: Option<Channel>,
}

impl EntryLine {
    /// The entry, with what its cell and resource say where the line says nothing.
    #[must_use]
    pub fn complete(self, start: Timestamp, minutes: u16, specialty: SpecialtyCode) -> Entry {
        Entry {
            key: self.key,
            person: self.person,
            referral: self.referral,
            resource: self.resource,
            slot: self.slot,
            place: self.place.unwrap_or(ANY_PLACE),
            specialty: self.specialty.unwrap_or(specialty),
            start,
            minutes: self.minutes.unwrap_or(minutes),
            ticket: self.ticket,
            state: self.state,
            version: self.version.unwrap_or(1),
            booked_at: self.booked_at,
            client: self.client,
            channel: self.channel,
        }
    }
}

pub(super) const INSTANT: &str = "an instant as YYYY-MM-DDTHH:MM:SSZ";

pub(super) fn entry(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let entry = fields.guid("guid", EntryId::parse);
    let resource = fields.guid("resource", ResourceId::parse);
    let slot = fields.guid("slot", SlotId::parse);
    let person = fields.guid("person", PersonId::parse);
    let referral = fields
        .read_optional("referral", "two guids, the issuing facility's first", |text| ReferralKey::parse(text).ok());
    let ticket = fields.text("ticket", limits::TICKET);
    let state = fields.code("state", EntryState::ALL, EntryState::code);
    let booked_at = fields.read("booked_at", INSTANT, formats::instant);
    let version = fields.number_optional("version", 1, u64::from(u32::MAX));
    let place = fields.number_optional("place", 1, limits::PLACES);
    let specialty = fields.text_optional("specialty", limits::CODE);
    let start = fields.read_optional("start", MOMENT, formats::moment);
    let minutes = fields.number_optional("minutes", 1, limits::MINUTES);
    let client = fields.guid_optional("client", ClientId::parse);
    let channel = fields.code_optional("channel", Channel::ALL, Channel::code);
    Some(Line::Entry(EntryLine {
        key: EntryKey { facility: facility?, entry: entry? },
        resource: resource?,
        slot: slot?,
        person: person?,
        referral: referral?,
        ticket: Ticket(ticket?),
        state: state?,
        booked_at: booked_at?,
        version: version?,
        place: place?,
        specialty: specialty?.map(SpecialtyCode),
        start: start?,
        minutes: minutes?,
        client: client?,
        channel: channel?,
    }))
}

pub(super) fn counter(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let day = fields.read("day", DATE, formats::date);
    let last = fields.number("last", 0, limits::TICKETS);
    Some(Line::Counter(TicketCounter { facility: facility?, day: day?, last: last? }))
}

pub(super) fn message(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let entry = fields.guid("entry", EntryId::parse);
    let version = fields.number("version", 1, u64::from(u32::MAX));
    let kind = fields.code("kind", MessageKind::ALL, MessageKind::code);
    let created = fields.read("created", INSTANT, formats::instant);
    Some(Line::Message(Message {
        entry: EntryKey { facility: facility?, entry: entry? },
        version: version?,
        kind: kind?,
        created: created?,
    }))
}
