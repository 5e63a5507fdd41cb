//! The routes: one list, each with the policy that guards it.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::http::Method;
use talon_app::App;
use talon_domain::access::Client;
use talon_store::Work;
use talon_tokens::Identity;

use crate::{
    call::{Call, Outcome},
    methods::{
        book, cancel, directions, doctors, free_times, hold, move_entry, openapi, personal, schedule, ticket, token,
        visit, visits, waiting,
    },
    shape::form,
};

/// Every route of this façade.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/iemk/directions/entry",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::POST,
            policy: Policy::Patient(|app, call, identity| Box::pin(book::book(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/personal",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(personal::personal(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/directions/hold",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::POST,
            policy: Policy::Patient(|app, call, identity| Box::pin(hold::hold(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/directions/hold/{id}",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::DELETE,
            policy: Policy::Patient(|app, call, identity| Box::pin(hold::release(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/directions/hold/{id}/extend",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::POST,
            policy: Policy::Patient(|app, call, identity| Box::pin(hold::extend(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/directions",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(directions::directions(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/doctors/visits",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(visits::visits(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/doctors",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(doctors::doctors(app, call, identity))),
        }],
    },
    Route {
        path: "/lpu/{lpu}/doctor/{resource}/schedule/{date}",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(schedule::of_a_day(app, call, identity))),
        }],
    },
    Route {
        path: "/lpu/{lpu}/doctor/{resource}/schedule/{from}/{to}",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(schedule::of_days(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/doctors/visit/{visitId}",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::DELETE,
            policy: Policy::Patient(|app, call, identity| Box::pin(cancel::cancel(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/doctors/visit/{entry}/move",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::POST,
            policy: Policy::Patient(|app, call, identity| Box::pin(move_entry::move_entry(app, call, identity))),
        }],
    },
    Route {
        path: "/visit/{lpuGuid}",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::POST,
            policy: Policy::Patient(|app, call, identity| Box::pin(visit::visit(app, call, identity))),
        }],
    },
    Route {
        path: "/iemk/doctors/directions",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(free_times::free_times(app, call, identity))),
        }],
    },
    Route {
        path: "/waitinglist",
        under: Under::BaseAndV3,
        handlers: &[
            Handler {
                method: Method::GET,
                policy: Policy::Patient(|app, call, identity| Box::pin(waiting::list(app, call, identity))),
            },
            Handler {
                method: Method::POST,
                policy: Policy::Patient(|app, call, identity| Box::pin(waiting::join(app, call, identity))),
            },
        ],
    },
    Route {
        path: "/waitinglist/{id}",
        under: Under::BaseAndV3,
        handlers: &[Handler {
            method: Method::DELETE,
            policy: Policy::Patient(|app, call, identity| Box::pin(waiting::withdraw(app, call, identity))),
        }],
    },
    Route {
        path: "/auth/rpgu/token",
        under: Under::BaseIfIssuing,
        handlers: &[
            Handler {
                method: Method::GET,
                policy: Policy::Client(|app, call, client| Box::pin(token::issue(app, call, client))),
            },
            Handler {
                method: Method::POST,
                policy: Policy::Client(|app, call, client| Box::pin(token::issue(app, call, client))),
            },
        ],
    },
    Route {
        path: "/iemk/ticket/{entry}",
        under: Under::BaseAndAlias,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Patient(|app, call, identity| Box::pin(ticket::own(app, call, identity))),
        }],
    },
    Route {
        path: "/t/{link}",
        under: Under::Base,
        handlers: &[Handler {
            method: Method::GET,
            policy: Policy::Link(|app, call| Box::pin(ticket::linked(app, call))),
        }],
    },
    Route {
        path: "/openapi.json",
        under: Under::Root,
        handlers: &[Handler { method: Method::GET, policy: Policy::Anybody(openapi::document) }],
    },
];

// A handler without a policy is not one: its type has no room for it. Nor is a route without a handler, which would
// let a path be answered that says nothing of who may call it.
const _: () = assert!(are_declared(ROUTES), "a route without a handler");

const fn are_declared(routes: &[Route]) -> bool {
    match routes {
        [first, rest @ ..] => !first.handlers.is_empty() && are_declared(rest),
        [] => true,
    }
}

/// Where the portal's methods are answered beside the base path.
pub(crate) const ALIAS: &str = "/api/v2";

/// What stands before the methods of the family's third version.
pub(crate) const V3: &str = "/api/v3";

/// A path and what answers there.
pub(crate) struct Route {
    /// After the base, with names in braces for segments that vary; also its name in logs and metrics.
    pub(crate) path: &'static str,
    /// What the path is put after.
    pub(crate) under: Under,
    /// By method; any other is a 405, HEAD and OPTIONS too.
    pub(crate) handlers: &'static [Handler],
}

/// What answers one method of a route.
pub(crate) struct Handler {
    /// The method.
    pub(crate) method: Method,
    /// Who may call, and what answers.
    pub(crate) policy: Policy,
}

impl Handler {
    /// What it asks of the store, without which there is no answer; `None` where it asks nothing.
    pub(crate) fn work(&self) -> Option<Work> {
        match self.policy {
            Policy::Anybody(_) => None,
            // Nothing is written for it but its record.
            Policy::Client(_) => Some(Work::Read),
            _ if self.method == Method::GET => Some(Work::Read),
            _ => Some(Work::Change),
        }
    }
}

impl Route {
    /// The methods that it takes, as a 405 lists them.
    pub(crate) fn allow(&self) -> String {
        let methods: Vec<&str> = self.handlers.iter().map(|handler| handler.method.as_str()).collect();
        methods.join(", ")
    }

    /// The segments of a request's path that vary, decoded, each with its name. A base has none of them,
    /// so they are counted from the end.
    pub(crate) fn segments(&self, path: &str) -> Vec<(&'static str, String)> {
        let named = self.path.rsplit('/').zip(path.rsplit('/'));
        named
            .filter_map(|(name, value)| {
                let name = name.strip_prefix('{')?.strip_suffix('}')?;
                // What is not UTF-8 is no id either.
                Some((name, form::decoded(value.as_bytes()).unwrap_or_default()))
            })
            .collect()
    }
}

/// What a path is put after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// Nothing.
    Root,
    /// The configured base alone: an address that is printed should be short.
    Base,
    /// The configured base, and [`ALIAS`].
    BaseAndAlias,
    /// [`V3`] after the configured base, and alone.
    BaseAndV3,
    /// The configured base, where the installation issues tokens; otherwise there is no such path.
    BaseIfIssuing,
}

/// Who may call. A handler takes what its policy establishes, so that it cannot be reached without.
#[derive(Clone, Copy)]
pub(crate) enum Policy {
    /// A patient, by a verified bearer token, for their own data.
    Patient(for<'a> fn(&'a App, &'a mut Call, Identity) -> Answering<'a>),
    /// A client application, by its own credentials.
    Client(for<'a> fn(&'a App, &'a mut Call, Arc<Client>) -> Answering<'a>),
    /// Whoever has a link that the installation made: what it opens is shown, and nothing can be changed by it.
    Link(for<'a> fn(&'a App, &'a mut Call) -> Answering<'a>),
    /// Anybody: nothing of the installation is shown.
    Anybody(fn() -> Outcome),
}

/// A handler at work.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn segments_are_found_whatever_the_base() {
        let route = Route { path: "/lpu/{lpu}/doctor/{resource}/days", under: Under::Root, handlers: &[] };
        for base in ["", "/portal/v1"] {
            let found = route.segments(&format!("{base}/lpu/01%2F2/doctor/a-b/days"));
            assert_eq!(found, [("resource", "a-b".to_owned()), ("lpu", "01/2".to_owned())]);
        }
    }

    #[test]
    fn a_route_without_a_handler_is_not_declared() {
        const HANDLERS: &[Handler] = &[Handler { method: Method::GET, policy: Policy::Anybody(openapi::document) }];
        let route = |handlers| Route { path: "/nowhere", under: Under::Root, handlers };
        assert!(are_declared(&[route(HANDLERS)]));
        assert!(!are_declared(&[route(HANDLERS), route(&[])]));
    }

    #[test]
    fn the_openapi_document_describes_these_routes_and_no_others() {
        let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let mut described: Vec<(String, String)> = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            // Beside its methods a path may say what it stands after.
            for method in methods.as_object().unwrap().keys().filter(|key| *key != "servers") {
                described.push((path.clone(), method.to_uppercase()));
            }
        }
        let mut routed: Vec<(String, String)> = Vec::new();
        for route in ROUTES {
            routed.extend(route.handlers.iter().map(|it| (route.path.to_owned(), it.method.to_string())));
        }
        described.sort();
        routed.sort();
        assert_eq!(described, routed);
    }

    #[test]
    fn the_openapi_document_knows_the_catalogues_reasons() {
        let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let listed = document["components"]["schemas"]["Reason"]["enum"].as_array().unwrap();
        let listed: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let rows: Vec<&str> = crate::catalogue::rows().iter().map(|row| row.reason).collect();
        assert_eq!(listed, rows);
    }
}
