//! From settings to the worker that sends messages.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use talon_app::Clock;
use talon_jobs::{Composer, ComposerParts, Courier, Folder, Relay, Texts, Watcher, Worker, WorkerParts, WorkerTerms};
use talon_store::Store;
use talon_tokens::{Links, OwnKey};

use crate::{
    clock::{SystemClock, SystemIds},
    compose,
    failure::{Failure, Outcome},
    settings::{MailSettings, MailWay, Settings},
};

/// The worker; `None` when nobody takes letters.
///
/// # Errors
///
/// A folder, a file or a wording that a setting names cannot be used.
pub(crate) fn worker(
    settings: &Settings,
    store: &Arc<dyn Store>,
    own_key: &OwnKey,
    watcher: Arc<dyn Watcher>,
) -> Outcome<Option<Arc<Worker>>> {
    let Some(way) = &settings.mail.way else { return Ok(None) };
    let mail = &settings.mail;
    Ok(Some(Worker::new(WorkerParts {
        store: Arc::clone(store),
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds::default()),
        courier: courier(mail, way)?,
        composer: composer(settings, Some(own_key))?,
        watcher,
        terms: WorkerTerms {
            senders: mail.senders,
            patience: mail.patience,
            remind_at: mail.remind_at,
            keep: mail.keep,
        },
    })))
}

/// Who takes the letters.
///
/// # Errors
///
/// As for [`worker`].
pub(crate) fn courier(mail: &MailSettings, way: &MailWay) -> Outcome<Arc<dyn Courier>> {
    match way {
        MailWay::Folder(path) => {
            let folder = Folder::open(path);
            let folder = folder.with_context(|| format!("{} cannot be made (setting mail.folder)", path.display()));
            Ok(Arc::new(folder.map_err(Failure::usage)?))
        }
        MailWay::Relay { address, user, password_file, authority } => {
            let credentials = match (user, password_file) {
                (None, None) => None,
                (Some(user), Some(file)) => Some((user.clone(), password(file)?)),
                _ => {
                    let what = anyhow::anyhow!("mail.user and mail.password_file belong together");
                    return Err(Failure::usage(what));
                }
            };
            let authority = match authority {
                None => None,
                Some(path) => {
                    let read = std::fs::read(path).with_context(|| format!("{} (mail.authority)", path.display()));
                    Some(read.map_err(Failure::usage)?)
                }
            };
            let hello = mail.from.trim_end_matches('>').rsplit('@').next().unwrap_or("localhost").to_owned();
            let relay = Relay::new(address.clone(), &hello, credentials, authority.as_deref());
            Ok(Arc::new(relay.map_err(Failure::usage)?))
        }
    }
}

fn password(file: &Path) -> Outcome<String> {
    let secret = compose::shared_secret(file)?;
    let text = String::from_utf8(secret).map_err(|_| anyhow::anyhow!("{} is not UTF-8", file.display()));
    text.map_err(Failure::usage)
}

/// Who writes the letters. Each kind is written once from made-up data, so that a wording of the installation's own
/// which is at fault is found here.
///
/// # Errors
///
/// The wording, or the sender.
pub(crate) fn composer(settings: &Settings, own_key: Option<&OwnKey>) -> Outcome<Composer> {
    let mail = &settings.mail;
    let usage = |error: anyhow::Error| Failure::usage(error.context("the wording of messages (setting mail.texts)"));
    let texts = Texts::load(mail.language, mail.texts.as_deref()).map_err(|error| usage(error.into()))?;
    let from = if mail.from.is_empty() { "noreply@example.ru" } else { mail.from.as_str() };
    let composer = Composer::new(ComposerParts {
        from: from.to_owned(),
        texts,
        public_url: settings.public_url.clone(),
        links: own_key.and_then(|key| Links::of(key).ok()),
    });
    let composer = composer.map_err(|error| Failure::usage(anyhow::Error::new(error).context("setting mail.from")))?;
    composer.rehearse(SystemClock.now()).map_err(|error| usage(error.into()))?;
    Ok(composer)
}
