//! What the audit keeps of a request. Ids only.

use std::{fmt, net::IpAddr};

use jiff::Timestamp;

use crate::{
    access::Channel,
    codes::codes,
    ids::{AuditId, ClientId, FacilityId, PersonId, RequestId},
    node::NodeName,
};

codes! {
    /// What was attempted.
    pub enum Action {
        /// Booking by referral.
        Book = "book",
        /// Cancelling an entry.
        Cancel = "cancel",
        /// Moving an entry to another time.
        Move = "move",
        /// Holding a time, or holding it longer.
        Hold = "hold",
        /// Giving a held time up.
        Release = "release",
        /// Joining a waiting list.
        Wait = "wait",
        /// Leaving a waiting list.
        Withdraw = "withdraw",
        /// A free time offered to one who waits.
        Offer = "offer",
        /// Issuing a token.
        Token = "token",
        /// Giving out everything that is kept of a person.
        Export = "export",
        /// Removing a person.
        Erase = "erase",
        /// Making one person of two.
        Merge = "merge",
        /// Reading who a person is and where they have cards.
        ReadPerson = "read-person",
        /// Reading a person's referrals.
        ReadReferrals = "read-referrals",
        /// Reading a person's entries.
        ReadEntries = "read-entries",
        /// Reading what a person could book.
        ReadFreeTimes = "read-free-times",
        /// Reading a ticket.
        ReadTicket = "read-ticket",
        /// Reading a person's places on waiting lists.
        ReadWaiting = "read-waiting",
    }
}

impl Action {
    /// The kind of its records.
    #[must_use]
    pub fn kind(self) -> AuditKind {
        match self {
            Self::ReadPerson
            | Self::ReadReferrals
            | Self::ReadEntries
            | Self::ReadFreeTimes
            | Self::ReadTicket
            | Self::ReadWaiting
            | Self::Export => AuditKind::Read,
            Self::Book
            | Self::Cancel
            | Self::Move
            | Self::Hold
            | Self::Release
            | Self::Wait
            | Self::Withdraw
            | Self::Offer
            | Self::Token
            | Self::Erase
            | Self::Merge => AuditKind::Change,
        }
    }
}

codes! {
    /// Records that are kept for equally long.
    pub enum AuditKind {
        /// Of what only reads.
        Read = "read",
        /// Of what changes something, or was to; and of tokens, which let their holder do either.
        Change = "change",
    }
}

/// A request, as far as the audit tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// It.
    pub id: RequestId,
    /// The address that it comes from, as far as the listener and the trusted proxies tell.
    pub from: Option<IpAddr>,
    /// The node that answers it.
    pub node: Option<NodeName>,
}

impl Request {
    /// A request that comes from nowhere that is known.
    #[must_use]
    pub fn of(id: RequestId) -> Self {
        Self { id, from: None, node: None }
    }
}

impl fmt::Display for Request {
    /// Its id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// One record: who attempted what on which object, when, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its own id, ordered by time.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// The request.
    pub request: RequestId,
    /// The address that the request came from, where it is known.
    pub from: Option<IpAddr>,
    /// The node that answered it; `None` for what the installation does by itself.
    pub node: Option<NodeName>,
    /// On whose behalf; `None` when no person was recognised.
    pub person: Option<PersonId>,
    /// The client application, where one is known.
    pub client: Option<ClientId>,
    /// The channel, where one is known.
    pub channel: Option<Channel>,
    /// What was attempted.
    pub action: Action,
    /// In which facility, where the request names a known one.
    pub facility: Option<FacilityId>,
    /// The object's guids as the request gave them (a referral's or an entry's two, glued).
    pub object: Option<String>,
    /// `ok`, `repeated`, or the slug of the refusal.
    pub outcome: String,
}
