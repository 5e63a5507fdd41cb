//! What an operator chooses, as far as the use cases care.

use std::time::Duration;

use jiff::SignedDuration;
use talon_domain::booking::HoldTerms;

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
    /// Requests that one person may make at once.
    pub person_burst: u32,
    /// Requests a second that one person may make after that.
    pub person_per_second: u32,
    /// Tokens a minute that one client application may ask for.
    pub client_tokens_per_minute: u32,
    /// Whether what only reads a person's data leaves an audit record too.
    pub audit_reads: bool,
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
            person_burst: 60,
            person_per_second: 5,
            client_tokens_per_minute: 600,
            audit_reads: true,
        }
    }
}
