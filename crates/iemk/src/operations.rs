//! What can be asked of this façade, and by whom: the list of routes, for whoever must go through all of it.

use axum::http::Method;

use crate::{
    bases,
    routes::{Policy, ROUTES},
};

/// A method of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, with names in braces for segments that vary.
    pub path: &'static str,
    /// What may stand before the path: the same operation at several addresses.
    pub bases: Vec<String>,
    /// Who may call.
    pub caller: Caller,
}

/// Who may call, as a route's policy says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A patient, by a bearer token.
    Patient,
    /// A client application, by its credentials.
    Client,
    /// Whoever has a link that the installation made.
    Link,
    /// Anybody.
    Anybody,
}

/// Every operation of an installation that has no base path and issues tokens.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for route in ROUTES {
        operations.extend(route.handlers.iter().map(|handler| Operation {
            method: handler.method.clone(),
            path: route.path,
            bases: bases("", true, route.under),
            caller: match handler.policy {
                Policy::Patient(_) => Caller::Patient,
                Policy::Client(_) => Caller::Client,
                Policy::Link(_) => Caller::Link,
                Policy::Anybody(_) => Caller::Anybody,
            },
        }));
    }
    operations
}
