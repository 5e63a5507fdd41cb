//! From settings to the parts that everything works with.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use talon_app::{AppSettings, Clock};
use talon_domain::{access::Channel, zone::Zone};
use talon_store::Store;
use talon_store_postgres::{OpenOptions as PostgresOptions, PostgresStore};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use talon_tokens::{Issuer, KeyError, KeySource, OwnKey, Verifier};
use talon_vault::Vault;

use crate::{
    clock::SystemClock,
    failure::{Failure, Outcome},
    settings::{IssuerTable, Settings, StoreUrl},
};

/// The channels that a portal's keys may speak for unless a setting says otherwise (contract,
/// section 6).
const PORTAL_CHANNELS: [Channel; 3] = [Channel::Internet, Channel::Infomat, Channel::CallCenter];

/// What to do where there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenMissing {
    /// Make one.
    Create,
    /// Say so.
    Fail,
}

/// Opens the store that the settings name and brings its schema up to date.
///
/// # Errors
///
/// It is missing, newer, damaged, locked, on a full disk, or its server does not let us in: which, and
/// what to do.
pub(crate) async fn open_store(
    settings: &Settings,
    when_missing: WhenMissing,
    contacts: Option<Arc<Vault>>,
) -> Outcome<Arc<dyn Store>> {
    let create = when_missing == WhenMissing::Create;
    match &settings.store {
        StoreUrl::Sqlite(path) => open_sqlite(settings, path, create, contacts),
        StoreUrl::Postgres(url) => {
            let options = PostgresOptions {
                create,
                queue_limit: settings.limits.queue,
                readers: settings.limits.readers,
                offers: settings.offers,
                hooks: settings.webhooks.subscriptions().into(),
                contacts,
                ..PostgresOptions::new(SystemClock.now())
            };
            Ok(PostgresStore::open(url, &options).await?)
        }
    }
}

fn open_sqlite(
    settings: &Settings,
    path: &Path,
    create: bool,
    contacts: Option<Arc<Vault>>,
) -> Outcome<Arc<dyn Store>> {
    let options = OpenOptions {
        create,
        queue_limit: settings.limits.queue,
        readers: settings.limits.readers,
        offers: settings.offers,
        hooks: settings.webhooks.subscriptions().into(),
        contacts,
        on_fatal: Arc::new(|error| {
            // Nothing may be answered from here on, so there is nothing to finish first.
            tracing::error!(%error, "a commit could not be made durable; exiting");
            std::process::exit(1);
        }),
        ..OpenOptions::new(SystemClock.now())
    };
    Ok(SqliteStore::open(path, &options)?)
}

/// Loads the keys that contacts are sealed by; makes them when they are missing and a store is there, or is to be made.
/// `None` where contacts are not sealed.
///
/// # Errors
///
/// The file that the setting names cannot be used.
pub(crate) fn contacts(settings: &Settings, when_missing: WhenMissing) -> Outcome<Option<Arc<Vault>>> {
    let Some(path) = &settings.contact_keys else { return Ok(None) };
    let is_there = settings.store.path().is_none_or(Path::exists);
    if is_there || when_missing == WhenMissing::Create {
        talon_vault::create_if_missing(path).map_err(|error| Failure::Fault(error.into()))?;
    } else if !path.exists() {
        return Ok(None);
    }
    Vault::open_file(path).map(|keys| Some(Arc::new(keys))).map_err(|error| Failure::Fault(error.into()))
}

/// Loads the installation's own key; makes it when it is missing.
///
/// # Errors
///
/// The file that the setting names cannot be used.
pub(crate) fn own_key(path: &Path) -> Outcome<Arc<OwnKey>> {
    OwnKey::load_or_create(path).map(Arc::new).map_err(key_failure)
}

/// Everybody whose tokens are believed: the installation itself, the portal, the other issuers.
///
/// # Errors
///
/// A file that a setting names cannot be used.
pub(crate) fn verifier(settings: &Settings, own: Arc<OwnKey>) -> Outcome<Verifier> {
    let mut issuers = vec![Issuer::own(own)];
    if let Some(portal) = &settings.portal {
        issuers.push(Issuer {
            name: portal.issuer.clone(),
            audience: vec![portal.audience.clone()],
            channels: PORTAL_CHANNELS.to_vec(),
            keys: KeySource::JwksFile(portal.jwks.clone()),
        });
    }
    for table in &settings.issuers {
        issuers.push(issuer(table)?);
    }
    Verifier::new(issuers, settings.token_cache).map_err(key_failure)
}

fn issuer(table: &IssuerTable) -> Outcome<Issuer> {
    let keys = match (&table.jwks, &table.shared_secret_file) {
        (_, Some(path)) => KeySource::SharedSecret(shared_secret(path)?),
        (Some(path), None) => KeySource::JwksFile(path.clone()),
        (None, None) => return Err(Failure::usage(anyhow::anyhow!("issuer {:?} has no keys", table.name))),
    };
    let channels = match &table.channels {
        Some(codes) => codes.iter().filter_map(|code| Channel::from_code(code)).collect(),
        None => PORTAL_CHANNELS.to_vec(),
    };
    Ok(Issuer { name: table.name.clone(), audience: vec![table.audience.clone()], channels, keys })
}

/// Reads a secret from a file that its owner alone may open; one line end after it is no part of it.
pub(crate) fn shared_secret(path: &Path) -> Outcome<Vec<u8>> {
    use std::os::unix::fs::PermissionsExt;
    let unreadable = |error: std::io::Error| {
        Failure::usage(anyhow::Error::new(error).context(format!("{} cannot be read", path.display())))
    };
    let rights = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if rights & 0o077 != 0 {
        return Err(key_failure(KeyError::RightsTooOpen { path: path.to_owned() }));
    }
    let mut secret = std::fs::read(path).map_err(unreadable)?;
    for end in [b'\n', b'\r'] {
        if secret.last() == Some(&end) {
            secret.pop();
        }
    }
    Ok(secret)
}

/// The settings of the use cases.
pub(crate) fn app_settings(settings: &Settings) -> AppSettings {
    AppSettings {
        token_endpoint: settings.token_endpoint,
        public_url: settings.public_url.clone(),
        token_ttl: settings.token_ttl,
        holds: settings.holds,
        cancel_cutoff: settings.cancel_cutoff,
        deadlines: settings.deadlines.clone(),
        person_burst: settings.limits.person_burst,
        person_per_second: settings.limits.person_rate,
        churn: settings.limits.churn,
        client_burst: settings.limits.client_burst,
        client_per_second: settings.limits.client_rate,
        address_burst: settings.limits.address_burst,
        address_per_second: settings.limits.address_rate,
        client_tokens_per_minute: settings.limits.client_tokens,
        audit_reads: settings.audit_reads,
        node: Some(settings.node),
    }
}

/// Proves that cryptography and zone data work before anybody relies on them.
///
/// # Errors
///
/// Says which does not.
pub(crate) fn self_test() -> Outcome {
    talon_tokens::assert_crypto().map_err(key_failure)?;
    match zone_data_fault() {
        None => Ok(()),
        Some(fault) => Err(anyhow::anyhow!("the zone data does not work: {fault}").into()),
    }
}

/// What is wrong with the zone data, judged by days on which clocks are known to have changed.
pub(crate) fn zone_data_fault() -> Option<String> {
    let known: [(&str, &str, &str); 4] = [
        ("Europe/Moscow", "2026-07-01T12:00:00Z", "2026-07-01T15:00:00"),
        ("Europe/Moscow", "2014-10-25T22:00:00Z", "2014-10-26T01:00:00"),
        ("Asia/Yekaterinburg", "2026-01-01T00:00:00Z", "2026-01-01T05:00:00"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
    ];
    known.into_iter().find_map(|(zone, instant, local)| {
        let found = Zone::parse(zone).ok().and_then(|zone| Some(zone.local(instant.parse::<Timestamp>().ok()?)));
        let right = found.is_some_and(|found| found.to_string() == local);
        (!right).then(|| format!("{instant} in {zone} should be {local}"))
    })
}

/// A key file is named by a setting, so the setting is at fault; a broken library is not.
fn key_failure(error: KeyError) -> Failure {
    match error {
        KeyError::Crypto(_) => Failure::Fault(error.into()),
        other => Failure::Usage(other.into()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bundled_zone_data_knows_when_clocks_changed() {
        assert_eq!(super::zone_data_fault(), None);
    }
}
