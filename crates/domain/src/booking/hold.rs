//! Holding a time for a while, so that the patient can finish booking it.

use jiff::{SignedDuration, Timestamp};

use crate::{
    access::Caller,
    audit::Request,
    booking::{BookCommand, Facts, Held, Refusal, decide::admitted},
    codes::codes,
    ids::{AuditId, HoldId, HoldKey, PersonId, ReferralKey, ResourceId, SlotId, SlotKey, WaitingId},
};

/// After its end a hold keeps others out for so long that whoever waits for the time can be offered it first.
/// Should nobody do that, the next claimant takes the place over.
pub const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// For so long an ended hold is known, so that asking about it again is answered alike.
pub const HOLD_KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);

codes! {
    /// What became of a hold. One that was booked is gone.
    pub enum HoldState {
        /// It holds its place, until its time is over.
        Held = "held",
        /// It was given up.
        Released = "released",
        /// Its time was over.
        Lapsed = "lapsed",
    }
}

/// A time that is held for a person: one place of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Facility and guid.
    pub key: HoldKey,
    /// For whom.
    pub person: PersonId,
    /// The referral under which it was asked for.
    pub referral: Option<ReferralKey>,
    /// With whom, in the hold's facility.
    pub resource: ResourceId,
    /// In which cell, in the hold's facility.
    pub slot: SlotId,
    /// Which of the cell's places, from 1.
    pub place: u16,
    /// When the cell begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub minutes: u16,
    /// The place on the waiting list to which it is an offer.
    pub waiting: Option<WaitingId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// How often it was extended.
    pub extended: u16,
    /// What became of it.
    pub state: HoldState,
}

impl Hold {
    /// The cell.
    #[must_use]
    pub fn cell(&self) -> SlotKey {
        SlotKey { facility: self.key.facility, slot: self.slot }
    }

    /// The claim that it has on its place.
    #[must_use]
    pub fn claim(&self) -> Held {
        let until = self.expires.saturating_add(GRACE).unwrap_or(self.expires);
        Held { hold: self.key.hold, person: self.person, until }
    }

    /// Whether it holds its place now.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state == HoldState::Held && self.expires > now
    }
}

/// How long and how often may be held: settings of the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldTerms {
    /// How long a time is held, and how long from the moment in which that is extended.
    pub time: SignedDuration,
    /// How often it may be extended.
    pub extensions: u16,
    /// How many times a person may hold at once. Offers do not count.
    pub per_person: u16,
}

impl HoldTerms {
    /// The end of a hold that begins or is extended now. No time is held once it has begun.
    fn end(&self, start: Timestamp, now: Timestamp) -> Timestamp {
        now.saturating_add(self.time).map_or(start, |end| end.min(start))
    }
}

/// A request to hold a time.
#[derive(Clone, Debug)]
pub struct HoldCommand {
    /// What is to be held: admitted and decided like the booking itself. The guid that was drawn for its entry
    /// becomes the hold's.
    pub asked: BookCommand,
    /// For how long.
    pub terms: HoldTerms,
}

/// A request to change one's own hold.
#[derive(Clone, Debug)]
pub struct HoldChange {
    /// Whose it must be: the token's person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The hold.
    pub hold: HoldKey,
    /// The request's id.
    pub request: Request,
    /// Id for the audit record.
    pub new_audit: AuditId,
}

/// What a decision about holding needs to know.
#[derive(Clone, Debug, Default)]
pub struct HoldFacts {
    /// The facts of the booking that it is for.
    pub booking: Facts,
    /// The hold that the person has on the cell already.
    pub own: Option<Hold>,
    /// The numbers under which the person holds times, each with its end.
    pub numbers: Vec<(u16, Timestamp)>,
}

/// What is to be done about an allowed request to hold.
#[derive(Clone, Debug)]
pub enum HoldDecision {
    /// The caller holds the time already; the same answer is given again.
    Repeat(Hold),
    /// Hold it.
    Hold(HoldPlan),
}

/// A hold that the rules allow.
#[derive(Clone, Debug)]
pub struct HoldPlan {
    /// The hold.
    pub hold: Hold,
    /// The person's number under which it is held.
    pub number: u16,
    /// The hold that has run out and whose place it takes over.
    pub over: Option<Held>,
}

/// Decides a request to hold a time, by the rules of booking it.
///
/// # Errors
///
/// The refusal that booking it would get, or that the person holds as much as they may.
pub fn decide_hold(command: &HoldCommand, facts: &HoldFacts, now: Timestamp) -> Result<HoldDecision, Refusal> {
    let HoldCommand { asked, terms } = command;
    let (slot, free) = admitted(asked, &facts.booking, now)?;
    let own = free.over.filter(|held| held.person == asked.person);
    match &facts.own {
        Some(hold) if own.is_some() && hold.is_live(now) => return Ok(HoldDecision::Repeat(hold.clone())),
        _ => {}
    }
    // One whose time is over must not hold on for ever: whoever waits is offered the time first.
    if own.is_some_and(|held| held.until > now) {
        return Err(Refusal::TimeTaken);
    }
    let is_taken = |number: u16| facts.numbers.iter().any(|(taken, end)| *taken == number && *end > now);
    let number = (1..=terms.per_person).find(|number| !is_taken(*number)).ok_or(Refusal::HoldLimit)?;
    let hold = Hold {
        key: HoldKey { facility: slot.key.facility, hold: HoldId(asked.new_ids.entry.0) },
        person: asked.person,
        referral: asked.referral,
        resource: slot.resource,
        slot: slot.key.slot,
        place: free.place,
        start: slot.start,
        minutes: slot.minutes,
        waiting: None,
        created: now,
        expires: terms.end(slot.start, now),
        extended: 0,
        state: HoldState::Held,
    };
    Ok(HoldDecision::Hold(HoldPlan { hold, number, over: free.over }))
}

/// Why a hold cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldRefusal {
    /// There is none, or it is somebody else's: the two answers do not differ.
    NotFound,
    /// Its time is over.
    Expired,
    /// It was extended as often as it may be, or is an offer, which has a time of its own.
    NotExtendable,
}

impl HoldRefusal {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::NotFound => "hold-not-found",
            Self::Expired => "hold-expired",
            Self::NotExtendable => "hold-not-extendable",
        }
    }
}

/// Decides an extension of the person's own hold: the hold as it will be.
///
/// # Errors
///
/// [`HoldRefusal`]
pub fn decide_extension(hold: Option<&Hold>, terms: &HoldTerms, now: Timestamp) -> Result<Hold, HoldRefusal> {
    let hold = hold.filter(|hold| hold.state != HoldState::Released).ok_or(HoldRefusal::NotFound)?;
    if !hold.is_live(now) {
        return Err(HoldRefusal::Expired);
    }
    if hold.waiting.is_some() || hold.extended >= terms.extensions {
        return Err(HoldRefusal::NotExtendable);
    }
    let expires = terms.end(hold.start, now).max(hold.expires);
    Ok(Hold { expires, extended: hold.extended + 1, ..hold.clone() })
}

/// Decides that the person's own hold is given up: the hold as it will be, or `None` when it holds nothing any
/// more and the same answer is given again.
///
/// # Errors
///
/// [`HoldRefusal::NotFound`]
pub fn decide_release(hold: Option<&Hold>) -> Result<Option<Hold>, HoldRefusal> {
    let hold = hold.ok_or(HoldRefusal::NotFound)?;
    Ok((hold.state == HoldState::Held).then(|| Hold { state: HoldState::Released, ..hold.clone() }))
}
