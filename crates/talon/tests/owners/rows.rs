//! The rows: how each operation is asked, and what it is about.

use hyper::Method;
use serde_json::json;
use talon_iemk::Caller;

use crate::{ask::Ask, world::Objects};

/// An operation.
pub(crate) struct Row {
    pub(crate) method: Method,
    /// As the list of routes has it.
    pub(crate) path: &'static str,
    pub(crate) about: About,
}

/// What a request is about, and how it is asked.
pub(crate) enum About {
    /// Something that belongs to a patient: what is somebody else's is refused with this reason, as what is absent.
    Object { refused: &'static str, ask: fn(&Objects) -> Ask },
    /// The caller, whom no request names.
    Caller(fn(&Objects) -> Ask),
    /// What every patient may see alike.
    Schedule(fn(&Objects) -> Ask),
    /// A patient whom a client application names by policy and birth date.
    Policy(fn(&Objects) -> Ask),
    /// What a link opens.
    Link(fn(&Objects) -> Ask),
    /// Nothing of the installation.
    Nothing(fn(&Objects) -> Ask),
}

impl About {
    pub(crate) fn caller(&self) -> Caller {
        match self {
            Self::Object { .. } | Self::Caller(_) | Self::Schedule(_) => Caller::Patient,
            Self::Policy(_) => Caller::Client,
            Self::Link(_) => Caller::Link,
            Self::Nothing(_) => Caller::Anybody,
        }
    }
}

impl Row {
    /// What may stand before its path.
    pub(crate) fn bases(&self) -> Vec<String> {
        let mut operations = talon_iemk::operations().into_iter();
        operations.find(|it| it.method == self.method && it.path == self.path).expect("the row is of a route").bases
    }

    /// The request that names these objects, at the first of its addresses.
    pub(crate) fn ask(&self, objects: &Objects) -> Ask {
        self.ask_under(self.bases().first().expect("a route has an address"), objects)
    }

    /// The same at any of them.
    pub(crate) fn ask_under(&self, base: &str, objects: &Objects) -> Ask {
        let (About::Object { ask, .. }
        | About::Caller(ask)
        | About::Schedule(ask)
        | About::Policy(ask)
        | About::Link(ask)
        | About::Nothing(ask)) = &self.about;
        ask(objects).under(base).by(self.method.clone())
    }
}

const fn object(method: Method, path: &'static str, refused: &'static str, ask: fn(&Objects) -> Ask) -> Row {
    Row { method, path, about: About::Object { refused, ask } }
}

const fn row(method: Method, path: &'static str, about: About) -> Row {
    Row { method, path, about }
}

/// In an order in which an owner can go through all of them.
pub(crate) const ROWS: &[Row] = &[
    object(Method::GET, "/iemk/doctors/directions", "referral-not-found", |objects| {
        Ask::to(format!("/iemk/doctors/directions?direction_id={}", objects.referral))
    }),
    object(Method::GET, "/iemk/ticket/{entry}", "entry-not-found", |objects| {
        Ask::to(format!("/iemk/ticket/{}", objects.entry))
    }),
    object(Method::POST, "/iemk/directions/hold", "referral-not-found", |objects| {
        Ask::to("/iemk/directions/hold").with(objects.booking())
    }),
    object(Method::POST, "/iemk/directions/hold/{id}/extend", "hold-not-found", |objects| {
        Ask::to(format!("/iemk/directions/hold/{}/extend", objects.hold))
    }),
    object(Method::DELETE, "/iemk/directions/hold/{id}", "hold-not-found", |objects| {
        Ask::to(format!("/iemk/directions/hold/{}", objects.hold))
    }),
    object(Method::POST, "/waitinglist", "referral-not-found", |objects| {
        let (issuer, referral) = objects.referral.split_at(36);
        Ask::to("/waitinglist").with(json!({
            "lpuGuid": objects.time.facility, "specialityCode": "3", "isAgree": true, "DirectionGuid": referral,
            "DirectionType": "consultation", "LpuFromGuid": issuer,
        }))
    }),
    object(Method::POST, "/iemk/directions/entry", "referral-not-found", |objects| {
        Ask::to("/iemk/directions/entry").with(objects.booking())
    }),
    object(Method::POST, "/visit/{lpuGuid}", "referral-not-found", |objects| {
        let slot = &objects.time;
        let body = json!({"timeTable": slot.guid, "directionID": objects.referral, "directionType": "consultation"});
        Ask::to(format!("/visit/{}", slot.facility)).with(body)
    }),
    object(Method::POST, "/iemk/doctors/visit/{entry}/move", "entry-not-found", |objects| {
        let start = objects.later.start;
        let body = json!({"day": start.date().to_string(), "time": start.strftime("%H:%M").to_string()});
        Ask::to(format!("/iemk/doctors/visit/{}/move", objects.entry)).with(body)
    }),
    object(Method::DELETE, "/iemk/doctors/visit/{visitId}", "entry-not-found", |objects| {
        Ask::to(format!("/iemk/doctors/visit/{}", objects.entry)).with(json!({"ReasonCode": 1}))
    }),
    object(Method::DELETE, "/waitinglist/{id}", "waiting-not-found", |objects| {
        Ask::to(format!("/waitinglist/{}", objects.waiting))
    }),
    row(Method::GET, "/waitinglist", About::Caller(|_| Ask::to("/waitinglist"))),
    row(Method::GET, "/iemk/personal", About::Caller(|_| Ask::to("/iemk/personal"))),
    row(Method::GET, "/iemk/directions", About::Caller(|_| Ask::to("/iemk/directions"))),
    row(Method::GET, "/iemk/doctors/visits", About::Caller(|_| Ask::to("/iemk/doctors/visits?count=50"))),
    row(
        Method::GET,
        "/iemk/doctors",
        About::Schedule(|objects| Ask::to(format!("/iemk/doctors?lpuCode={}&days=8", objects.time.facility))),
    ),
    row(
        Method::GET,
        "/lpu/{lpu}/doctor/{resource}/schedule/{date}",
        About::Schedule(|objects| Ask::to(format!("{}/{}", objects.schedule(), objects.time.start.date()))),
    ),
    row(
        Method::GET,
        "/lpu/{lpu}/doctor/{resource}/schedule/{from}/{to}",
        About::Schedule(|objects| {
            let day = objects.time.start.date();
            Ask::to(format!("{}/{day}/{day}", objects.schedule()))
        }),
    ),
    row(
        Method::GET,
        "/auth/rpgu/token",
        About::Policy(|objects| Ask::to(format!("/auth/rpgu/token?{}", objects.policy()))),
    ),
    row(
        Method::POST,
        "/auth/rpgu/token",
        About::Policy(|objects| Ask::to("/auth/rpgu/token").with_form(objects.policy())),
    ),
    row(Method::GET, "/t/{link}", About::Link(|objects| Ask::to(format!("/t/{}", objects.link)))),
    row(Method::GET, "/openapi.json", About::Nothing(|_| Ask::to("/openapi.json"))),
];
