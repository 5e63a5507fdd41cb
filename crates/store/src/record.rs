//! Whole rows, for import and export.

use talon_domain::{
    access::Client,
    audit::AuditRecord,
    entry::{Entry, TicketCounter},
    facility::Facility,
    history::{Cancellation, EntryVersion},
    ids::{CardId, ClientId, EntryKey, FacilityId, PersonId, ReferralKey, ResourceKey, SlotKey},
    message::Message,
    person::{Card, Person},
    referral::Referral,
    resource::{Resource, Specialty, SpecialtyCode},
    schedule::Template,
    slot::Slot,
    waiting::Waiting,
};

use crate::Seal;

/// One object of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the domain type that it holds")]
pub enum Record {
    Specialty(Specialty),
    Facility(Facility),
    Resource(Resource),
    Client(Client),
    ClientSecret(ClientSecret),
    Person(Person),
    Card(Card),
    Referral(Referral),
    Template(Template),
    Slot(Slot),
    Entry(Entry),
    EntryVersion(EntryVersion),
    Cancellation(Cancellation),
    Waiting(Waiting),
    Counter(TicketCounter),
    Message(Message),
    Audit(AuditRecord),
    Seal(Seal),
}

impl Record {
    /// Its kind; a client's secret is of the client's.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Specialty(_) => Kind::Specialty,
            Self::Facility(_) => Kind::Facility,
            Self::Resource(_) => Kind::Resource,
            Self::Client(_) | Self::ClientSecret(_) => Kind::Client,
            Self::Person(_) => Kind::Person,
            Self::Card(_) => Kind::Card,
            Self::Referral(_) => Kind::Referral,
            Self::Template(_) => Kind::Template,
            Self::Slot(_) => Kind::Slot,
            Self::Entry(_) => Kind::Entry,
            Self::EntryVersion(_) => Kind::EntryVersion,
            Self::Cancellation(_) => Kind::Cancellation,
            Self::Waiting(_) => Kind::Waiting,
            Self::Counter(_) => Kind::Counter,
            Self::Message(_) => Kind::Message,
            Self::Audit(_) => Kind::Audit,
            Self::Seal(_) => Kind::Seal,
        }
    }
}

/// The hash of a client application's secret (argon2, in PHC form). It travels apart from the
/// client because a region file from elsewhere has none and must not erase it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret {
    /// The client.
    pub client: ClientId,
    /// The hash.
    pub hash: String,
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientSecret({})", self.client)
    }
}

/// The kinds of records, in the order in which they are written: what is referred to comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the record of its name")]
pub enum Kind {
    Specialty,
    Facility,
    Resource,
    Client,
    Person,
    Card,
    Referral,
    Template,
    Slot,
    Entry,
    EntryVersion,
    Cancellation,
    Waiting,
    Counter,
    Message,
    Audit,
    Seal,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: &'static [Self] = &[
        Self::Specialty,
        Self::Facility,
        Self::Resource,
        Self::Client,
        Self::Person,
        Self::Card,
        Self::Referral,
        Self::Template,
        Self::Slot,
        Self::Entry,
        Self::EntryVersion,
        Self::Cancellation,
        Self::Waiting,
        Self::Counter,
        Self::Message,
        Self::Audit,
        Self::Seal,
    ];
}

/// Something that a record may refer to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the key that it holds")]
pub enum KnownKey {
    Specialty(SpecialtyCode),
    Facility(FacilityId),
    Resource(ResourceKey),
    Person(PersonId),
    Referral(ReferralKey),
    Slot(SlotKey),
    Client(ClientId),
}

/// A record that the store cannot take, found by its place in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Index in the page.
    pub index: usize,
    /// The key of the region file that is at fault.
    pub key: &'static str,
    /// What is wrong, to be read after "FILE:LINE: ".
    pub what: String,
    /// What stands in the record's way: objects of the store or of the page. Records that change them,
    /// taken in the same page, may lift the fault. Empty when nothing could but another record in place of
    /// this one.
    pub holders: Vec<Holder>,
}

/// An object that has what a record wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// Has the МКОД.
    Facility(FacilityId),
    /// Is the person's in this facility.
    Card(FacilityId, CardId),
    /// Is another person's.
    Referral(ReferralKey),
    /// Has the time, or too few places.
    Slot(SlotKey),
    /// Uses the referral, or has the place.
    Entry(EntryKey),
}

/// A page of an export.
#[derive(Clone, Debug, Default)]
pub struct ExportPage {
    /// The records, in the order of their keys.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Vec<u8>>,
}

/// The place of an entry that came without one: the store gives it the lowest free place of its
/// cell.
pub const ANY_PLACE: u16 = 0;
