//! Use cases: may this caller, then the store, then what is counted.
//!
//! A façade turns its wire format into one of these calls and the answer into its bytes. Nothing
//! here knows a wire format, nothing here decides a rule of booking.

mod admission;
mod audit;
mod book;
mod cancel;
mod failure;
mod free_times;
mod gate;
mod hold;
mod issue_token;
mod limiter;
mod move_entry;
mod observer;
mod page;
mod personal;
mod publish_schedules;
mod referrals;
mod schedule;
mod secret;
mod settings;
mod sources;
mod sweep;
mod ticket;
mod visit;
mod visits;
mod wait;

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;
use talon_domain::{audit::Request, ids::RequestId, reference::Reference};
use talon_store::{Store, Work};
use talon_tokens::{Identity, Links, OwnKey, TokenFault, Verifier};

use admission::Admission;
use limiter::Limiter;
use secret::SecretCheck;

pub use audit::ReadRecord;
pub use book::{BookRequest, BookResult, Refused};
pub use cancel::Unchanged;
pub use failure::Failure;
pub use free_times::FreeTimesRequest;
pub use gate::{Gate, Phase};
pub use issue_token::{Credentials, IssuedToken, TokenRefusal};
pub use limiter::Limited;
pub use move_entry::{MoveRequest, NotMoved};
pub use observer::Observer;
pub use page::Page;
pub use personal::{KnownAt, Personal};
pub use publish_schedules::publish;
pub use referrals::ReferralView;
pub use schedule::{CellsRequest, CellsView, DoctorView, DoctorsRequest, DoctorsView, MOST_DAYS};
pub use secret::new_client_secret;
pub use settings::{AppSettings, Deadlines};
pub use sources::{Clock, IdSource};
pub use sweep::sweep;
pub use ticket::TicketSheet;
pub use visit::{VisitRequest, Wanted};
pub use visits::{EntryView, PastView, VisitView, VisitsRequest, VisitsView};
pub use wait::WaitRequest;

/// What the use cases work with.
pub struct AppParts {
    /// The installation's data.
    pub store: Arc<dyn Store>,
    /// Who may be believed.
    pub verifier: Arc<Verifier>,
    /// The installation's own key, which issues tokens.
    pub own_key: Option<Arc<OwnKey>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What counts outcomes.
    pub observer: Arc<dyn Observer>,
    /// Whether requests are taken.
    pub gate: Arc<Gate>,
    /// What the operator chose.
    pub settings: AppSettings,
}

/// The use cases, shared by every façade and every connection.
pub struct App {
    parts: AppParts,
    admission: Admission,
    token_clients: Limiter,
    token_persons: Limiter,
    secrets: SecretCheck,
    links: Option<Links>,
    link_readers: Limiter,
}

impl App {
    /// The use cases on these parts.
    #[must_use]
    pub fn new(parts: AppParts) -> Arc<Self> {
        let settings = &parts.settings;
        let admission = Admission::of(settings);
        let token_persons = Limiter::new(settings.person_burst, settings.person_per_second, limiter::SECOND);
        let a_minute = settings.client_tokens_per_minute;
        let token_clients = Limiter::new(a_minute, a_minute, limiter::MINUTE);
        let link_readers = Limiter::new(settings.person_burst, settings.person_per_second, limiter::SECOND);
        // Signing and hashing do not fail; without links tickets have no code, and that is all.
        let links = parts.own_key.as_deref().and_then(|key| Links::of(key).ok());
        Arc::new(Self {
            parts,
            admission,
            token_clients,
            token_persons,
            secrets: SecretCheck::default(),
            links,
            link_readers,
        })
    }

    /// The present, by the installation's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// A new request's id.
    #[must_use]
    pub fn new_request(&self) -> RequestId {
        RequestId(self.parts.ids.random())
    }

    /// A request that came to this node from this address, as the audit tells of it.
    #[must_use]
    pub fn request(&self, id: RequestId, from: Option<IpAddr>) -> Request {
        Request { id, from, node: self.parts.settings.node }
    }

    /// Where the server is in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.parts.gate.phase()
    }

    /// Whether so many wait for the store that one more who wants this of it would be sent away.
    #[must_use]
    pub fn is_overloaded(&self, work: Work) -> bool {
        self.parts.store.is_full(work)
    }

    /// What counts outcomes.
    #[must_use]
    pub fn observer(&self) -> &dyn Observer {
        &*self.parts.observer
    }

    /// The reference data, for names in answers.
    #[must_use]
    pub fn reference(&self) -> Arc<Reference> {
        self.parts.store.reference()
    }

    /// Whether this installation issues tokens to clients: it is enabled and there is a key.
    #[must_use]
    pub fn issues_tokens(&self) -> bool {
        self.parts.settings.token_endpoint && self.parts.own_key.is_some()
    }

    /// Who is asking, by the value of the `Authorization` header.
    ///
    /// # Errors
    ///
    /// The first fault in the contract's order (section 3, step 1).
    pub fn authenticate(&self, authorization: Option<&[u8]>) -> Result<Identity, TokenFault> {
        self.parts.verifier.verify(authorization, &self.reference(), self.now())
    }
}
