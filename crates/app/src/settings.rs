//! What an operator chooses, as far as the use cases care.

use std::{collections::HashMap, time::Duration};

use jiff::SignedDuration;
use talon_domain::{
    booking::{ChurnTerms, HoldTerms},
    node::NodeName,
    resource::SpecialtyCode,
};

/// Settings of the use cases.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// Whether `GET /auth/rpgu/token` exists.
    pub token_endpoint: bool,
    /// Where patients reach this installation, without a slash at the end: `https://zapis.example.ru`. Links on
    /// tickets begin with it; without it a ticket's code holds the link's token alone.
    pub public_url: Option<String>,
    /// How long an issued token is valid.
    pub token_ttl: Duration,
    /// How long and how often a time may be held.
    pub holds: HoldTerms,
    /// How long before it begins patients may still cancel or move an appointment by themselves.
    pub cancel_cutoff: Duration,
    /// How often patients may cancel what they booked before they pause.
    pub churn: ChurnTerms,
    /// Within how many days those who wait are promised an offer.
    pub deadlines: Deadlines,
    /// Requests that one person may make at once.
    pub person_burst: u32,
    /// Requests a second that one person may make after that.
    pub person_per_second: u32,
    /// Requests that one client application may make at once, for whomever.
    pub client_burst: u32,
    /// Requests a second that one client application may make after that; 0 does not limit.
    pub client_per_second: u32,
    /// Requests that may come from one address at once.
    pub address_burst: u32,
    /// Requests a second that may come from one address after that; 0 does not limit.
    pub address_per_second: u32,
    /// Tokens a minute that one client application may ask for.
    pub client_tokens_per_minute: u32,
    /// Whether what only reads a person's data leaves an audit record too. Only to measure what the record costs is there
    /// a reason against it.
    pub audit_reads: bool,
    /// The node that this is, which each audit record names.
    pub node: Option<NodeName>,
}

/// Days within which an offer is promised to those who wait: by specialty, and for all others.
#[derive(Clone, Debug, Default)]
pub struct Deadlines {
    /// Of the specialties that have one of their own.
    pub by_specialty: HashMap<SpecialtyCode, u16>,
    /// Of all others; none is promised when absent.
    pub others: Option<u16>,
}

impl Deadlines {
    /// The days of a specialty.
    #[must_use]
    pub fn of(&self, specialty: &SpecialtyCode) -> Option<u16> {
        self.by_specialty.get(specialty).copied().or(self.others)
    }
}

impl Default for AppSettings {
    /// The contract's defaults (section 2 for the limits per person, section 6 for tokens).
    fn default() -> Self {
        Self {
            token_endpoint: false,
            public_url: None,
            token_ttl: Duration::from_secs(900),
            holds: HoldTerms { time: SignedDuration::from_mins(5), extensions: 2, per_person: 2 },
            cancel_cutoff: Duration::ZERO,
            churn: ChurnTerms { most: 10, within: SignedDuration::from_hours(24) },
            deadlines: Deadlines::default(),
            person_burst: 60,
            person_per_second: 5,
            client_burst: 1000,
            client_per_second: 0,
            address_burst: 1000,
            address_per_second: 0,
            client_tokens_per_minute: 600,
            audit_reads: true,
            node: None,
        }
    }
}
