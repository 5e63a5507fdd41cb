//! One line of a region file.

mod audit;
mod booking;
mod history;
mod people;
mod reference;
mod schedule;
mod waiting;

use talon_domain::{
    audit::AuditRecord,
    entry::TicketCounter,
    facility::Facility,
    history::{Cancellation, EntryVersion},
    message::Message,
    person::{Card, Person},
    referral::Referral,
    resource::{Resource, Specialty},
    schedule::Template,
    waiting::Waiting,
};
use talon_store::{Kind, Seal};

pub use booking::EntryLine;
pub use reference::ClientLine;
pub use schedule::SlotLine;
pub(crate) use schedule::weekday_code;

use crate::{
    LineFault,
    fields::{Faults, Fields},
    json::Json,
    limits,
};

/// A line, as far as it can be understood by itself: what it refers to is not looked at, and local
/// times are local still.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the line of its type")]
pub enum Line {
    Specialty(Specialty),
    Facility(Facility),
    Resource(Resource),
    Client(ClientLine),
    Person(Person),
    Card(Card),
    Referral(Referral),
    Template(Template),
    Slot(SlotLine),
    Entry(EntryLine),
    EntryVersion(EntryVersion),
    Cancellation(Cancellation),
    Waiting(Waiting),
    Counter(TicketCounter),
    Message(Message),
    Audit(AuditRecord),
    Seal(Seal),
}

impl Line {
    /// The kind of its record.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Specialty(_) => Kind::Specialty,
            Self::Facility(_) => Kind::Facility,
            Self::Resource(_) => Kind::Resource,
            Self::Client(_) => Kind::Client,
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

/// The word that a kind's lines have as their `type`.
#[must_use]
pub fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Specialty => "specialty",
        Kind::Facility => "facility",
        Kind::Resource => "resource",
        Kind::Client => "client",
        Kind::Person => "person",
        Kind::Card => "card",
        Kind::Referral => "referral",
        Kind::Template => "template",
        Kind::Slot => "slot",
        Kind::Entry => "entry",
        Kind::EntryVersion => "entry_version",
        Kind::Cancellation => "cancellation",
        Kind::Waiting => "waiting",
        Kind::Counter => "counter",
        Kind::Message => "message",
        Kind::Audit => "audit",
        Kind::Seal => "audit-seal",
    }
}

/// Reads one line. Every fault of the line is named, not the first alone; only where the text is
/// not an object, or its type is not known, is there nothing more to say.
pub fn parse_line(text: &str) -> Result<Line, Vec<LineFault>> {
    if text.len() > limits::LINE_BYTES {
        return Err(vec![too_long()]);
    }
    let members = match Json::parse(text) {
        Ok(Json::Object(members)) => members,
        Ok(_) => return Err(vec![LineFault::of_line("not an object")]),
        Err(error) => return Err(vec![LineFault::of_line(not_json(&error))]),
    };
    let mut faults = Faults::new();
    let mut fields = Fields::new(String::new(), &members, &mut faults);
    let kind = fields.code("type", Kind::ALL, type_of);
    let line = kind.and_then(|kind| {
        let line = read(kind, &mut fields);
        fields.finish();
        line
    });
    let found = faults.into_found();
    match line {
        Some(line) if found.is_empty() => Ok(line),
        _ => Err(found),
    }
}

fn read(kind: Kind, fields: &mut Fields<'_, '_>) -> Option<Line> {
    match kind {
        Kind::Specialty => reference::specialty(fields),
        Kind::Facility => reference::facility(fields),
        Kind::Resource => reference::resource(fields),
        Kind::Client => reference::client(fields),
        Kind::Person => people::person(fields),
        Kind::Card => people::card(fields),
        Kind::Referral => people::referral(fields),
        Kind::Template => schedule::template(fields),
        Kind::Slot => schedule::slot(fields),
        Kind::Entry => booking::entry(fields),
        Kind::EntryVersion => history::entry_version(fields),
        Kind::Cancellation => history::cancellation(fields),
        Kind::Waiting => waiting::waiting(fields),
        Kind::Counter => booking::counter(fields),
        Kind::Message => booking::message(fields),
        Kind::Audit => audit::audit(fields),
        Kind::Seal => audit::seal(fields),
    }
}

pub(crate) fn too_long() -> LineFault {
    LineFault::of_line(format!("longer than {} bytes", limits::LINE_BYTES))
}

/// What the JSON parser says, without its "line 1", which would be taken for the file's.
fn not_json(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let what = said.split_once(" at line ").map_or(said.as_str(), |(what, _)| what);
    format!("not JSON: {what} at column {}", error.column())
}
