//! From a claimed message to a letter, and the proof that it can be done.

use std::sync::Arc;

use jiff::Timestamp;
use lettre::{Address, message::Mailbox};
use talon_domain::{
    booking::{Hold, HoldState},
    entry::{Entry, EntryState, Ticket as Number},
    facility::{Facility, Mkod, Serves},
    ids::{EntryId, EntryKey, FacilityId, HoldId, HoldKey, PersonId, ResourceId, ResourceKey, SlotId},
    message::{Message, MessageKind},
    reference::Reference,
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    slot::Ages,
    zone::Zone,
};
use talon_store::{About, DueMessage};
use talon_ticket::{Parties, Ticket, invitation, method};
use talon_tokens::Links;

use crate::{
    content::content,
    letter::{Letter, Words, letter},
    texts::{Texts, TextsError},
};

/// A text that is no sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sender such as noreply@example.ru or \"Регистратура <noreply@example.ru>\" is needed")]
pub struct BadSender;

/// Why no letter can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoLetter {
    /// The patient's address is none that mail knows.
    Address,
    /// Anything else, without anything of the letter's text: the installation has to be set right.
    Fault(String),
}

/// What letters are made with.
pub struct ComposerParts {
    /// Who sends them, as `From` has it.
    pub from: String,
    /// The wording.
    pub texts: Texts,
    /// Where patients reach this installation.
    pub public_url: Option<String>,
    /// What makes the links of tickets.
    pub links: Option<Links>,
}

/// Makes letters.
pub struct Composer {
    from: Mailbox,
    texts: Texts,
    public_url: Option<String>,
    links: Option<Links>,
}

impl Composer {
    /// With these parts.
    ///
    /// # Errors
    ///
    /// [`BadSender`]
    pub fn new(parts: ComposerParts) -> Result<Self, BadSender> {
        let from = parts.from.parse().map_err(|_| BadSender)?;
        Ok(Self { from, texts: parts.texts, public_url: parts.public_url, links: parts.links })
    }

    /// The letter of a message.
    pub(crate) fn compose(&self, due: &DueMessage, reference: &Reference, now: Timestamp) -> Result<Letter, NoLetter> {
        let to: Address = due.to.as_str().parse().map_err(|_| NoLetter::Address)?;
        let facility = reference.facility(due.message.entry.facility);
        let facility = facility.ok_or_else(|| NoLetter::Fault("its facility is not there".to_owned()))?;
        let kind = due.message.kind;
        let link = match &due.about {
            About::Visit { entry, .. } => self.link(entry.key),
            About::Offer(_) => None,
        };
        let content = content(&self.texts, reference, facility, (kind, &due.about), link).map_err(NoLetter::Fault)?;
        let (plain, html) = self.texts.lay_out(&content).map_err(NoLetter::Fault)?;
        let calendar = self.calendar(due, reference, facility, now);
        let words = Words { subject: content.subject, plain, html, calendar };
        let language = self.texts.language().code();
        letter(&due.message, &self.from, to, language, words, now).map_err(NoLetter::Fault)
    }

    /// The address of an entry's ticket. Opening it changes nothing.
    fn link(&self, entry: EntryKey) -> Option<String> {
        let (url, links) = (self.public_url.as_ref()?, self.links.as_ref()?);
        Some(format!("{url}/t/{}", links.token(entry).ok()?))
    }

    /// The visit for the patient's calendar. A reminder changes nothing there, and an offer is no visit yet. Where the
    /// doctor is absent the entry stands until the patient moves or cancels it, and that has a letter of its own: a CANCEL
    /// now would take out of the calendar what is still to be settled.
    fn calendar(
        &self,
        due: &DueMessage,
        reference: &Reference,
        facility: &Facility,
        now: Timestamp,
    ) -> Option<(&'static str, String)> {
        let About::Visit { entry, .. } = &due.about else { return None };
        if due.message.kind.days_ahead().is_some() || due.message.kind == MessageKind::Absent {
            return None;
        }
        let resource = reference.resource(ResourceKey { facility: facility.id, resource: entry.resource });
        let ticket = Ticket {
            entry,
            facility,
            resource: resource.map(Arc::as_ref),
            specialty: reference.specialty(&entry.specialty).map(Arc::as_ref),
            referral: None,
            link: "",
            now,
        };
        let organizer = self.from.email.to_string();
        let parties = Parties { organizer: &organizer, attendee: due.to.as_str() };
        Some((method(entry.state), invitation(&ticket, self.texts.language(), parties)))
    }

    /// Makes a letter of each kind from made-up data, so that a wording of the installation's own is found faulty
    /// before a patient is to have it.
    ///
    /// # Errors
    ///
    /// [`TextsError::Letter`] with the first kind that fails.
    pub fn rehearse(&self, now: Timestamp) -> Result<Vec<Letter>, TextsError> {
        let Some(sample) = Sample::new(now) else { return Ok(Vec::new()) };
        let letters = MessageKind::ALL.iter().map(|kind| {
            let failed = |what: String| TextsError::Letter(kind.code().to_owned(), what);
            let due = sample.due(*kind, now).ok_or_else(|| failed("no sample".to_owned()))?;
            self.compose(&due, &sample.reference, now).map_err(|error| match error {
                NoLetter::Address => failed("the sample's address".to_owned()),
                NoLetter::Fault(what) => failed(what),
            })
        });
        letters.collect()
    }
}

/// A made-up visit, with everything that a letter may name.
struct Sample {
    reference: Reference,
    entry: Entry,
}

impl Sample {
    fn new(now: Timestamp) -> Option<Self> {
        let facility = FacilityId::from_bytes([1; 16]);
        let specialty = SpecialtyCode("53".to_owned());
        let key = ResourceKey { facility, resource: ResourceId::from_bytes([2; 16]) };
        let reference = Reference::new(
            vec![Facility {
                id: facility,
                mkod: Mkod::parse("0100103").ok()?,
                name: "Поликлиника № 1".to_owned(),
                serves: Serves::All,
                zone: Zone::parse("Europe/Moscow").ok()?,
                schedule_days: 14,
                address: Some("ул. Примерная, 1".to_owned()),
                phone: Some("+7 000 000-00-00".to_owned()),
            }],
            vec![Specialty {
                code: specialty.clone(), name: "Неврология".to_owned(), letter: "Н".to_owned()
            }],
            vec![Resource {
                key,
                kind: ResourceKind::Doctor,
                name: "Образцова Анна Ивановна".to_owned(),
                specialty: specialty.clone(),
                room: Some("214".to_owned()),
                ages: Ages::default(),
            }],
            Vec::new(),
        );
        let entry = Entry {
            key: EntryKey { facility, entry: EntryId::from_bytes([3; 16]) },
            person: PersonId::from_bytes([4; 16]),
            referral: None,
            resource: key.resource,
            slot: SlotId::from_bytes([5; 16]),
            place: 1,
            specialty,
            start: now.checked_add(jiff::SignedDuration::from_hours(24)).ok()?,
            minutes: 20,
            ticket: Number("Н-047".to_owned()),
            state: EntryState::Booked,
            version: 2,
            booked_at: now,
            client: None,
            channel: None,
        };
        Some(Self { reference, entry })
    }

    fn due(&self, kind: MessageKind, now: Timestamp) -> Option<DueMessage> {
        let mut entry = self.entry.clone();
        if kind == MessageKind::Cancelled {
            entry.state = EntryState::Cancelled;
        }
        let message = Message { entry: entry.key, version: entry.version, kind, created: now };
        let about = match kind {
            MessageKind::Offered => About::Offer(Box::new(Hold {
                key: HoldKey { facility: entry.key.facility, hold: HoldId::from_bytes([6; 16]) },
                person: entry.person,
                referral: None,
                resource: entry.resource,
                slot: entry.slot,
                place: 1,
                start: entry.start,
                minutes: entry.minutes,
                waiting: None,
                created: now,
                expires: entry.start,
                extended: 0,
                state: HoldState::Held,
            })),
            _ => About::Visit {
                before: (kind == MessageKind::Moved)
                    .then(|| Box::new(talon_domain::history::EntryVersion::of(&self.entry, now))),
                others: if kind.days_ahead().is_some() { vec![self.entry.clone()] } else { Vec::new() },
                entry: Box::new(entry),
            },
        };
        Some(DueMessage {
            message,
            attempt: 1,
            to: talon_domain::email::Email::parse("patient@example.ru").ok()?,
            about,
        })
    }
}
