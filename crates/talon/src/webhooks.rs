//! From settings to the postman that tells integrators what happened.

use std::{net::IpAddr, sync::Arc};

use anyhow::Context;
use talon_jobs::{Allowed, Hook, HookWatcher, Post, Postman, PostmanParts, PostmanTerms, Secrets};
use talon_store::Store;

use crate::{
    clock::{SystemClock, SystemIds},
    compose,
    failure::{Failure, Outcome},
    settings::{HookSettings, Settings},
};

/// The postman; `None` when nobody is told.
///
/// # Errors
///
/// A file that a setting names cannot be used.
pub(crate) fn postman(
    settings: &Settings,
    store: &Arc<dyn Store>,
    watcher: Arc<dyn HookWatcher>,
) -> Outcome<Option<Arc<Postman>>> {
    let hooks = hooks(settings)?;
    if hooks.is_empty() {
        return Ok(None);
    }
    let webhooks = &settings.webhooks;
    Ok(Some(Postman::new(PostmanParts {
        store: Arc::clone(store),
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds::default()),
        hooks,
        watcher,
        terms: PostmanTerms {
            senders: webhooks.senders,
            patience: webhooks.patience,
            give_up: webhooks.give_up,
            keep: webhooks.keep,
        },
    })))
}

/// Who is told.
///
/// # Errors
///
/// As for [`postman`].
pub(crate) fn hooks(settings: &Settings) -> Outcome<Vec<Hook>> {
    let networks = settings.webhooks.networks.clone();
    let allowed: Allowed = Arc::new(move |address: IpAddr| networks.iter().any(|network| network.contains(address)));
    settings.webhooks.hooks.iter().map(|hook| one(hook, &allowed)).collect()
}

fn one(hook: &HookSettings, allowed: &Allowed) -> Outcome<Hook> {
    let name = &hook.subscription.hook;
    let secrets = compose::shared_secret(&hook.secret_file)?;
    let secrets = Secrets::parse(&String::from_utf8_lossy(&secrets));
    let secrets = secrets.with_context(|| format!("{} (webhooks {name})", hook.secret_file.display()));
    let authority = match &hook.authority {
        None => None,
        Some(path) => {
            let read = std::fs::read(path).with_context(|| format!("{} (webhooks {name})", path.display()));
            Some(read.map_err(Failure::usage)?)
        }
    };
    let post = Post::new(hook.endpoint.clone(), authority.as_deref(), Arc::clone(allowed));
    let post = post.with_context(|| format!("webhooks {name}"));
    Ok(Hook { name: name.clone(), post: post.map_err(Failure::usage)?, secrets: secrets.map_err(Failure::usage)? })
}
