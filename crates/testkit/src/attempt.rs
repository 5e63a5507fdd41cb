//! What is asked, and what came of it as the caller saw it.

use std::time::Instant;

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::region::{ReferralRef, SlotRef};

/// One request to book.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The bearer token.
    pub token: String,
    /// `direction_id`.
    pub direction_id: String,
    /// `lpu_code`.
    pub lpu_code: String,
    /// `resource_id`.
    pub resource_id: String,
    /// `day`.
    pub day: String,
    /// `time`.
    pub time: String,
    /// `email`.
    pub email: Option<String>,
}

impl Booking {
    /// Asks for a slot under a referral.
    #[must_use]
    pub fn new(token: &str, referral: &ReferralRef, slot: &SlotRef) -> Self {
        Self {
            token: token.to_owned(),
            direction_id: referral.id(),
            lpu_code: slot.facility.clone(),
            resource_id: format!("{}{}", slot.facility, slot.resource),
            day: slot.start.date().to_string(),
            time: slot.start.strftime("%H:%M").to_string(),
            email: None,
        }
    }

    /// The same with an e-mail.
    #[must_use]
    pub fn with_email(&self, email: &str) -> Self {
        Self { email: Some(email.to_owned()), ..self.clone() }
    }

    /// The request's body.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({
            "direction_id": self.direction_id,
            "lpu_code": self.lpu_code,
            "resource_id": self.resource_id,
            "day": self.day,
            "time": self.time,
        });
        if let Some(email) = &self.email {
            body["email"] = json!(email);
        }
        body
    }
}

/// An answer as it came over the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, byte for byte.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// What it says about what was asked: a visit with its ticket, a hold with none, or that something was given up, with
    /// neither. A 5xx says that nothing is known: the contract has the caller ask again.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let json = self.json();
        let text = |key: &str| json[key].as_str().map(ToOwned::to_owned);
        if self.status.is_server_error() {
            return Outcome::Unknown(format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)));
        }
        if self.status == StatusCode::OK {
            return match (text("Entry_id"), text("Ticket"), text("Hold_id"), text("Message_code").as_deref()) {
                (Some(entry), Some(ticket), ..) => Outcome::Ok { entry, ticket },
                (None, None, Some(entry), _) => Outcome::Ok { entry, ticket: String::new() },
                (None, None, None, Some("2000")) => Outcome::Ok { entry: String::new(), ticket: String::new() },
                _ => Outcome::Refused(format!("200 without an entry: {json}")),
            };
        }
        Outcome::Refused(text("Reason").unwrap_or_else(|| format!("{} without a reason: {json}", self.status)))
    }
}

/// No answer came, with what was seen instead.
#[derive(Clone, Debug)]
pub struct Lost(pub String);

/// What a caller knows about its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Booked, or done as asked.
    Ok {
        /// `Entry_id`, or `Hold_id`.
        entry: String,
        /// `Ticket`.
        ticket: String,
    },
    /// Refused, with its `Reason`.
    Refused(String),
    /// No answer, or one that says that the outcome is not known.
    Unknown(String),
}

impl Outcome {
    /// Whether it is booked.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok { .. })
    }

    /// Whether it is refused with this reason.
    #[must_use]
    pub fn is_refused(&self, reason: &str) -> bool {
        matches!(self, Self::Refused(given) if given == reason)
    }
}

/// A request with what came of it and when, for the checkers.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What was asked.
    pub booking: Booking,
    /// What the caller knows.
    pub outcome: Outcome,
    /// The answer, if one came.
    pub answer: Option<Answer>,
    /// Just before the request was written.
    pub began: Instant,
    /// Just after the answer was read or given up.
    pub ended: Instant,
}

impl Attempt {
    /// What came of a request that was sent at this moment.
    pub(crate) fn of(booking: &Booking, answer: Result<Answer, Lost>, began: Instant) -> Self {
        let (outcome, answer) = match answer {
            Ok(answer) => (answer.outcome(), Some(answer)),
            Err(Lost(why)) => (Outcome::Unknown(why), None),
        };
        Self { booking: booking.clone(), outcome, answer, began, ended: Instant::now() }
    }
}
