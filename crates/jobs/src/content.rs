//! What a message says: the facts of a visit or an offer in phrases.

use jiff::Timestamp;
use serde::Serialize;
use talon_domain::{
    entry::Entry,
    facility::Facility,
    ids::{ResourceId, ResourceKey},
    message::MessageKind,
    reference::Reference,
    resource::{ResourceKind, SpecialtyCode},
};
use talon_store::About;
use talon_ticket::minute;

use crate::texts::Texts;

/// What the layouts are given.
#[derive(Serialize)]
pub(crate) struct Content {
    pub(crate) language: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) heading: String,
    /// The visit, a line each.
    pub(crate) lines: Vec<String>,
    /// The other visits of the day, a line each.
    pub(crate) others: Vec<String>,
    /// What to do.
    pub(crate) notes: Vec<String>,
    /// The ticket's address, where the installation has one.
    pub(crate) link: Option<String>,
}

/// Says it.
///
/// # Errors
///
/// A phrase is missing or faulty.
pub(crate) fn content(
    texts: &Texts,
    reference: &Reference,
    facility: &Facility,
    (kind, about): (MessageKind, &About),
    link: Option<String>,
) -> Result<Content, String> {
    let told = Told { texts, reference, facility };
    let (start, resource) = match about {
        About::Visit { entry, .. } => (entry.start, entry.resource),
        About::Offer(hold) => (hold.start, hold.resource),
    };
    let (day, time) = told.moment(start);
    let mut lines = vec![texts.say("when", &[("day", &day), ("time", &time)])?];
    let (mut others, mut notes) = (Vec::new(), Vec::new());
    match about {
        About::Visit { entry, before, others: more } => {
            if let Some(before) = before {
                let (day, time) = told.moment(before.start);
                lines.push(texts.say("before", &[("day", &day), ("time", &time)])?);
            }
            lines.extend(told.place(resource)?);
            lines.extend(told.specialty(&entry.specialty)?);
            lines.push(texts.say("ticket", &[("ticket", &clean(&entry.ticket.0))])?);
            for other in more {
                others.push(told.other(other)?);
            }
            let to_do: &[&str] = match kind {
                MessageKind::Cancelled => &["cancelled-again"],
                MessageKind::Absent => &[told.absence(resource), "absent-stands", "absent-call"],
                _ => &["bring", "change"],
            };
            for key in to_do {
                notes.push(texts.say(key, &[])?);
            }
        }
        About::Offer(hold) => {
            lines.extend(told.place(resource)?);
            let (day, time) = told.moment(hold.expires);
            notes.push(texts.say("offer-until", &[("day", &day), ("time", &time)])?);
        }
    }
    let heading = match kind.days_ahead() {
        Some(_) => texts.count("heading-reminder", others.len() + 1)?,
        None => texts.say(&format!("heading-{}", kind.code()), &[])?,
    };
    // The day and the time and nothing else: a subject is read by whoever sees the screen.
    let subject = texts.say(&format!("subject-{}", kind.code()), &[("day", &day), ("time", &time)])?;
    Ok(Content {
        language: texts.language().code(),
        kind: kind.code(),
        subject: clean(&subject),
        heading,
        lines,
        others,
        notes,
        link: link.filter(|_| kind != MessageKind::Cancelled),
    })
}

/// What is told of one facility.
struct Told<'a> {
    texts: &'a Texts,
    reference: &'a Reference,
    facility: &'a Facility,
}

impl Told<'_> {
    /// Day and time, by the facility's clocks.
    fn moment(&self, at: Timestamp) -> (String, String) {
        let local = self.facility.zone.local(at);
        (self.texts.language().long_day(local.date()), minute(local))
    }

    fn place(&self, resource: ResourceId) -> Result<Vec<String>, String> {
        let say = |key: &str, name: &'static str, value: &str| self.texts.say(key, &[(name, &clean(value))]);
        let mut lines = vec![say("place", "facility", &self.facility.name)?];
        if let Some(address) = &self.facility.address {
            lines.push(say("address", "address", address)?);
        }
        if let Some(resource) = self.reference.resource(ResourceKey { facility: self.facility.id, resource }) {
            if let Some(room) = &resource.room {
                lines.push(say("room", "room", room)?);
            }
            let key = if resource.kind == ResourceKind::Doctor { "doctor" } else { "resource" };
            lines.push(say(key, "who", &resource.name)?);
        }
        if let Some(phone) = &self.facility.phone {
            lines.push(say("phone", "phone", phone)?);
        }
        Ok(lines)
    }

    /// The phrase of who will not be there.
    fn absence(&self, resource: ResourceId) -> &'static str {
        let resource = self.reference.resource(ResourceKey { facility: self.facility.id, resource });
        match resource.map(|resource| resource.kind) {
            Some(ResourceKind::Doctor) => "absent-doctor",
            _ => "absent-resource",
        }
    }

    fn specialty(&self, code: &SpecialtyCode) -> Result<Option<String>, String> {
        let Some(specialty) = self.reference.specialty(code) else { return Ok(None) };
        self.texts.say("specialty", &[("specialty", &clean(&specialty.name))]).map(Some)
    }

    fn other(&self, visit: &Entry) -> Result<String, String> {
        let time = self.moment(visit.start).1;
        let specialty = self.reference.specialty(&visit.specialty).map_or(String::new(), |found| clean(&found.name));
        let resource = ResourceKey { facility: self.facility.id, resource: visit.resource };
        let room = self.reference.resource(resource).and_then(|resource| resource.room.as_deref()).map(clean);
        let ticket = clean(&visit.ticket.0);
        let mut values = vec![("time", time.as_str()), ("specialty", specialty.as_str()), ("ticket", ticket.as_str())];
        match &room {
            None => self.texts.say("other", &values),
            Some(room) => {
                values.push(("room", room.as_str()));
                self.texts.say("other-room", &values)
            }
        }
    }
}

/// A text of somebody else's on one line: what ends a line or moves a cursor is left out.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
