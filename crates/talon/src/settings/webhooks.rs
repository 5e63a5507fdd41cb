//! Settings of webhooks: `[[webhooks]]`, one table a receiver, and what holds for all of them.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;
use talon_domain::event::{EventKind, HookName, Subscription};
use talon_iemk::Network;
use talon_jobs::Endpoint;

use super::{SettingsError, Values, parse::Field, types::networks};

/// A receiver of events: a `[[webhooks]]` table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookTable {
    /// Its name, which stays the same when its address changes.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) url: String,
    /// File with its secrets, one a line.
    pub(crate) secret_file: PathBuf,
    /// What it wants to know; everything when absent.
    pub(crate) events: Option<Vec<String>>,
    /// Certificates (PEM) by which it is believed, beside the system's.
    pub(crate) authority: Option<PathBuf>,
}

/// Everything about webhooks.
#[derive(Clone, Debug)]
pub(crate) struct WebhookSettings {
    pub(crate) hooks: Vec<HookSettings>,
    pub(crate) networks: Vec<Network>,
    pub(crate) senders: u32,
    pub(crate) patience: Duration,
    pub(crate) give_up: SignedDuration,
    pub(crate) keep: SignedDuration,
}

/// One receiver.
#[derive(Clone, Debug)]
pub(crate) struct HookSettings {
    pub(crate) subscription: Subscription,
    pub(crate) endpoint: Endpoint,
    pub(crate) secret_file: PathBuf,
    pub(crate) authority: Option<PathBuf>,
    /// As it was written, for `talon config`.
    pub(crate) table: WebhookTable,
}

impl WebhookSettings {
    pub(super) fn read(values: &Values, tables: Vec<WebhookTable>) -> Result<Self, SettingsError> {
        let field = |name| values.get(name).map(|value| Field { name, value });
        let mut names = BTreeSet::new();
        let mut hooks = Vec::new();
        for table in tables {
            let hook = hook(table)?;
            if !names.insert(hook.subscription.hook.clone()) {
                return Err(SettingsError::new("webhooks", format!("two are named {}", hook.subscription.hook)));
            }
            hooks.push(hook);
        }
        let give_up = span(&field("webhook.give_up")?)?;
        let keep = SignedDuration::from_hours(24 * i64::from(field("webhook.keep_days")?.count(3650)?));
        if give_up >= keep {
            let what = "events are forgotten (webhook.keep_days) before they are given up";
            return Err(field("webhook.give_up")?.fault(what));
        }
        Ok(Self {
            hooks,
            networks: networks(&field("webhook.networks")?)?,
            senders: field("webhook.senders")?.count(64)?,
            patience: field("webhook.patience")?.duration()?,
            give_up,
            keep,
        })
    }

    /// Who is told of what.
    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.hooks.iter().map(|hook| hook.subscription.clone()).collect()
    }
}

fn span(field: &Field<'_>) -> Result<SignedDuration, SettingsError> {
    // Settings are at most a year long, which always fits.
    Ok(SignedDuration::try_from(field.duration()?).unwrap_or(SignedDuration::MAX))
}

fn hook(table: WebhookTable) -> Result<HookSettings, SettingsError> {
    let fault = |what: String| SettingsError::new(&format!("webhooks {:?}", table.name), what);
    let hook = HookName::parse(&table.name).map_err(|error| fault(error.to_string()))?;
    let endpoint = table.url.parse::<Endpoint>().map_err(|error| fault(format!("url: {error}")))?;
    let events = match &table.events {
        None => EventKind::ALL.to_vec(),
        Some(codes) => {
            let kind = |code: &String| {
                let known = || EventKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ");
                EventKind::from_code(code)
                    .ok_or_else(|| fault(format!("there is no event {code:?}; there are {}", known())))
            };
            codes.iter().map(kind).collect::<Result<_, _>>()?
        }
    };
    Ok(HookSettings {
        subscription: Subscription { hook, events },
        endpoint,
        secret_file: table.secret_file.clone(),
        authority: table.authority.clone(),
        table,
    })
}
