//! Between lines and records. A record knows instants, a line local times: the facility's zone
//! stands between them.

use jiff::Timestamp;
use talon_domain::{
    entry::Entry,
    slot::{Release, Slot},
    zone::Zone,
};
use talon_store::{ANY_PLACE, ClientSecret, Record};

use crate::{ClientLine, EntryLine, Line, Moment, SlotLine};

impl Line {
    /// The line of a record. `zone` is that of its facility: without it times are written as
    /// instants, which lose nothing. A client's secret is the one key of a line that comes from a
    /// record of its own; it has no line by itself (`None`), see [`Line::with_secret`].
    #[must_use]
    pub fn of(record: Record, zone: Option<&Zone>) -> Option<Self> {
        Some(match record {
            Record::Specialty(specialty) => Self::Specialty(specialty),
            Record::Facility(facility) => Self::Facility(facility),
            Record::Resource(resource) => Self::Resource(resource),
            Record::Client(client) => Self::Client(ClientLine { client, secret_hash: None }),
            Record::ClientSecret(_) => return None,
            Record::Person(person) => Self::Person(person),
            Record::Card(card) => Self::Card(card),
            Record::Referral(referral) => Self::Referral(referral),
            Record::Template(template) => Self::Template(template),
            Record::Slot(slot) => Self::Slot(slot_line(&slot, zone)),
            Record::Entry(entry) => Self::Entry(entry_line(entry, zone)),
            Record::EntryVersion(version) => Self::EntryVersion(version),
            Record::Cancellation(cancellation) => Self::Cancellation(cancellation),
            Record::Waiting(waiting) => Self::Waiting(waiting),
            Record::Counter(counter) => Self::Counter(counter),
            Record::Message(message) => Self::Message(message),
            Record::Audit(audit) => Self::Audit(audit),
            Record::Seal(seal) => Self::Seal(seal),
        })
    }

    /// A client application's line with the hash of its secret; any other line as it is.
    #[must_use]
    pub fn with_secret(mut self, secret: Option<ClientSecret>) -> Self {
        if let (Self::Client(line), Some(secret)) = (&mut self, secret)
            && secret.client == line.client.id
        {
            line.secret_hash = Some(secret.hash);
        }
        self
    }

    /// The records of the line: one, or two for a client application with a secret. `None` for a
    /// slot or entry whose times the line does not give by itself: a local time that the clocks
    /// skip, or any local time without a zone; an entry that leaves them to its cell.
    #[must_use]
    pub fn into_records(self, zone: Option<&Zone>) -> Option<Vec<Record>> {
        Some(vec![match self {
            Self::Specialty(specialty) => Record::Specialty(specialty),
            Self::Facility(facility) => Record::Facility(facility),
            Self::Resource(resource) => Record::Resource(resource),
            Self::Client(line) => return Some(client_records(line)),
            Self::Person(person) => Record::Person(person),
            Self::Card(card) => Record::Card(card),
            Self::Referral(referral) => Record::Referral(referral),
            Self::Template(template) => Record::Template(template),
            Self::Slot(line) => {
                let release = match line.release {
                    None => None,
                    Some((at, rights)) => Some(Release { at: instant(at, zone)?, rights }),
                };
                Record::Slot(line.starting_at(instant(line.start, zone)?, release))
            }
            Self::Entry(line) => {
                let (start, minutes) = (instant(line.start?, zone)?, line.minutes?);
                let specialty = line.specialty.clone()?;
                Record::Entry(line.complete(start, minutes, specialty))
            }
            Self::EntryVersion(version) => Record::EntryVersion(version),
            Self::Cancellation(cancellation) => Record::Cancellation(cancellation),
            Self::Waiting(waiting) => Record::Waiting(waiting),
            Self::Counter(counter) => Record::Counter(counter),
            Self::Message(message) => Record::Message(message),
            Self::Audit(audit) => Record::Audit(audit),
            Self::Seal(seal) => Record::Seal(seal),
        }])
    }
}

fn instant(moment: Moment, zone: Option<&Zone>) -> Option<Timestamp> {
    match (moment, zone) {
        (Moment::Exact(instant), _) => Some(instant),
        (local, Some(zone)) => local.instant(zone),
        (Moment::Local(_), None) => None,
    }
}

fn written(instant: Timestamp, zone: Option<&Zone>) -> Moment {
    zone.map_or(Moment::Exact(instant), |zone| Moment::of(instant, zone))
}

fn client_records(line: ClientLine) -> Vec<Record> {
    let client = line.client.id;
    let secret = line.secret_hash.map(|hash| Record::ClientSecret(ClientSecret { client, hash }));
    std::iter::once(Record::Client(line.client)).chain(secret).collect()
}

fn slot_line(slot: &Slot, zone: Option<&Zone>) -> SlotLine {
    SlotLine {
        key: slot.key,
        resource: slot.resource,
        start: written(slot.start, zone),
        minutes: slot.minutes,
        places: slot.places,
        rights: slot.rights,
        release: slot.release.map(|release| (written(release.at, zone), release.rights)),
        ages: slot.ages,
        template: slot.template,
        absent: slot.absent,
    }
}

fn entry_line(entry: Entry, zone: Option<&Zone>) -> EntryLine {
    EntryLine {
        key: entry.key,
        resource: entry.resource,
        slot: entry.slot,
        person: entry.person,
        referral: entry.referral,
        ticket: entry.ticket,
        state: entry.state,
        booked_at: entry.booked_at,
        version: Some(entry.version),
        place: Some(entry.place).filter(|place| *place != ANY_PLACE),
        specialty: Some(entry.specialty),
        start: Some(written(entry.start, zone)),
        minutes: Some(entry.minutes),
        client: entry.client,
        channel: entry.channel,
    }
}
