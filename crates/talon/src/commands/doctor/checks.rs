//! The checks, one function each.

use std::{
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use jiff::{SignedDuration, Timestamp};
use rustix::{
    fs::statvfs,
    process::{Resource, getrlimit},
};
use talon_app::Clock;
use talon_audit::CheckpointFile;
use talon_iemk::Network;
use talon_tokens::{KeyError, OwnKey};
use talon_vault::Vault;

use super::Finding::{self, Fault, Fine, Warning};
use crate::{
    clock::SystemClock,
    commands::{block_on, with_store},
    compose::{self, WhenMissing},
    failure::Failure,
    messages,
    settings::{MailWay, Settings},
    webhooks,
};

/// Less than this and the write-ahead log of a busy hour may not fit.
const LITTLE_SPACE: u64 = 1 << 30;
/// Less than this and the next checkpoint may not fit.
const NO_SPACE: u64 = 64 << 20;
/// A record that waits for longer to be sealed shows that nobody does it.
const LONG_UNSEALED: SignedDuration = SignedDuration::from_mins(1);
/// Clocks of machines that share files differ by this much and more.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Every check with what it found.
pub(super) fn all(settings: &Settings) -> Vec<(&'static str, Finding)> {
    vec![
        // Before the store, since opening that writes to its file.
        ("clock", clock(settings)),
        ("store", store(settings)),
        ("disk", disk(settings)),
        ("signing key", signing_key(&settings.signing_key)),
        ("contacts", contacts(settings)),
        ("portal keys", portal_keys(settings)),
        ("cryptography", cryptography()),
        ("zone data", zone_data()),
        ("listen", listen(settings)),
        ("open files", open_files(settings)),
        ("proxies", proxies(settings)),
        ("audit", audit(settings)),
        ("messages", messages(settings)),
        ("sealing", sealing(settings)),
        ("webhooks", webhooks(settings)),
    ]
}

fn store(settings: &Settings) -> Finding {
    if settings.store.path().is_some_and(|path| !path.exists()) {
        return Warning(format!("{} is not there yet; `talon serve` and `talon import` make it", settings.store));
    }
    let checked = block_on(with_store(settings, WhenMissing::Fail, async |store| {
        store.check().await?;
        Ok(store.verify().await?)
    }));
    match checked {
        Ok(found) if found.is_empty() => {
            Fine(format!("{} opens, reads and writes, and what it holds fits together", settings.store))
        }
        Ok(found) => Fault(format!(
            "{}: {}; stop the server, keep a copy of the store and restore the newest backup",
            settings.store,
            found.join("; ")
        )),
        Err(failure) => Fault(text(&failure)),
    }
}

fn disk(settings: &Settings) -> Finding {
    let Some(path) = settings.store.path() else {
        return Fine("the database's own; watch it on its server".to_owned());
    };
    let folder = folder(path);
    match statvfs(&folder) {
        Ok(disk) => match disk.f_bavail.saturating_mul(disk.f_frsize) {
            free if free < NO_SPACE => Fault(format!("{} free in {}; make room", mebibytes(free), folder.display())),
            free if free < LITTLE_SPACE => {
                Warning(format!("only {} free in {}; make room soon", mebibytes(free), folder.display()))
            }
            free => Fine(format!("{} free in {}", mebibytes(free), folder.display())),
        },
        Err(error) => Fault(format!("{}: {error}; make the folder, or change the setting store", folder.display())),
    }
}

fn signing_key(path: &Path) -> Finding {
    match OwnKey::load(path) {
        Ok(_) => Fine(path.display().to_string()),
        Err(KeyError::Missing { .. }) => {
            Warning(format!("{} is not there yet; `talon serve` makes it", path.display()))
        }
        Err(error) => Fault(error.to_string()),
    }
}

fn contacts(settings: &Settings) -> Finding {
    let Some(path) = &settings.contact_keys else {
        let what = "e-mails and telephones lie in the store as they are; name a file with the setting contact_keys, and run \
                    `talon keys rotate`";
        return Warning(what.to_owned());
    };
    if !path.exists() {
        return Warning(format!("{} is not there yet; `talon serve` makes it", path.display()));
    }
    match Vault::open_file(path) {
        Ok(keys) => Fine(format!("sealed by {} keys in {}; keep a copy of it", keys.ids().len(), path.display())),
        Err(error) => Fault(error.to_string()),
    }
}

fn portal_keys(settings: &Settings) -> Finding {
    if settings.portal.is_none() && settings.issuers.is_empty() {
        let what = "none: only tokens of the installation's own key are believed; for a portal set keys, tokens.issuer \
                    and tokens.audience";
        return Warning(what.to_owned());
    }
    let own = OwnKey::generate().map_err(|error| Failure::Fault(error.into()));
    match own.and_then(|own| compose::verifier(settings, Arc::new(own))) {
        Ok(_) => Fine(format!("{} issuers", settings.issuers.len() + usize::from(settings.portal.is_some()))),
        Err(failure) => Fault(text(&failure)),
    }
}

fn cryptography() -> Finding {
    match talon_tokens::assert_crypto() {
        Ok(()) => Fine("signatures are made and checked".to_owned()),
        Err(error) => Fault(error.to_string()),
    }
}

/// The clock is compared with files: it cannot be earlier than what has been written already.
fn clock(settings: &Settings) -> Finding {
    let now = SystemClock.now();
    let mut files = vec![std::env::current_exe().unwrap_or_default()];
    if let Some(path) = settings.store.path() {
        files.extend(["", "-wal", "-audit", "-audit-wal"].map(|end| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        }));
    }
    let ahead = files.iter().find(|file| written(file).is_some_and(|at| at.duration_since(now) > CLOCK_TOLERANCE));
    match ahead {
        None => Fine(format!("{now}")),
        Some(file) => Fault(format!(
            "the clock says {now}, but {} was written later than that; set the clock (and look at its \
             synchronisation) before booking goes on",
            file.display()
        )),
    }
}

fn written(file: &Path) -> Option<Timestamp> {
    let modified: SystemTime = std::fs::metadata(file).ok()?.modified().ok()?;
    Timestamp::try_from(modified).ok()
}

fn zone_data() -> Finding {
    match compose::zone_data_fault() {
        None => Fine("built in, and right about known clock changes".to_owned()),
        Some(fault) => Fault(format!("{fault}; this build must not be used")),
    }
}

fn listen(settings: &Settings) -> Finding {
    for address in [Some(settings.listen), settings.metrics].into_iter().flatten() {
        match TcpListener::bind(address) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                return Warning(format!("{address} is in use: by a running talon, or else choose another"));
            }
            Err(error) => return Fault(format!("{address}: {error}; change the setting")),
        }
    }
    Fine(format!("{} is free", settings.listen))
}

fn open_files(settings: &Settings) -> Finding {
    match getrlimit(Resource::Nofile).maximum {
        Some(most) if most < u64::from(settings.limits.connections) => Warning(format!(
            "the process may open {most} files, fewer than limits.connections ({}); raise LimitNOFILE",
            settings.limits.connections
        )),
        _ => Fine(format!("enough for {} connections", settings.limits.connections)),
    }
}

fn proxies(settings: &Settings) -> Finding {
    let networks = &settings.proxies.networks;
    if networks.iter().any(Network::is_everything) {
        let what = "trusted_proxies is everybody: whoever asks may name any address, and limits.address_rate means \
                    nothing; name the proxies alone";
        return Warning(what.to_owned());
    }
    match (networks.len(), settings.limits.address_rate) {
        (0, 0) => Fine("none; addresses are not limited".to_owned()),
        (0, _) => Warning(
            "limits.address_rate is set and trusted_proxies is not: behind a proxy everybody has its address and \
             shares one allowance"
                .to_owned(),
        ),
        (count, _) => Fine(format!("{count} networks are believed on whose request they pass on")),
    }
}

fn audit(settings: &Settings) -> Finding {
    if settings.audit_reads {
        return Fine("every access to a person's data leaves a record".to_owned());
    }
    let what = "audit_reads is false: nobody can tell afterwards who read whose data; set it to true wherever the data \
                are real";
    Warning(what.to_owned())
}

fn messages(settings: &Settings) -> Finding {
    let made = match messages::composer(settings, None) {
        Ok(_) => "each kind of letter can be made",
        Err(failure) => return Fault(text(&failure)),
    };
    let Some(way) = &settings.mail.way else {
        let what = "nobody takes them: what patients are owed is kept and not sent; set mail.smtp or mail.folder";
        return Warning(what.to_owned());
    };
    match messages::courier(&settings.mail, way) {
        Ok(_) => Fine(match way {
            MailWay::Relay { address, .. } => format!("{made}, and {address} takes them"),
            MailWay::Folder(path) => format!("{made}, and {} takes them", path.display()),
        }),
        Err(failure) => Fault(text(&failure)),
    }
}

/// Whether what the audit keeps gets its seals and its checkpoints.
fn sealing(settings: &Settings) -> Finding {
    if settings.store.path().is_some_and(|path| !path.exists()) {
        return Fine("there is no record yet".to_owned());
    }
    let file = CheckpointFile::at(&settings.audit.checkpoints);
    let shown = file.path().display();
    let covered = match file.covered() {
        Ok(covered) => covered,
        Err(error) => return Fault(format!("{shown}: {error}; change the setting audit.checkpoints")),
    };
    let waiting = block_on(with_store(settings, WhenMissing::Fail, async |store| Ok(store.unsealed().await?)));
    match waiting {
        Err(failure) => Fault(text(&failure)),
        Ok(Some((count, since))) if SystemClock.now().duration_since(since) > LONG_UNSEALED => Warning(format!(
            "{count} records wait to be sealed, the first since {since:.0}; `talon serve` seals them, so it is not running \
             or its log says why it cannot"
        )),
        Ok(_) => match covered.keys().map(|chain| chain.day).max() {
            None => Warning(format!("{shown} has no checkpoint yet; `talon serve` writes them")),
            Some(day) => {
                Fine(format!("checkpoints in {shown}, the newest of {day}; keep a copy where it cannot be edited"))
            }
        },
    }
}

fn webhooks(settings: &Settings) -> Finding {
    match webhooks::hooks(settings) {
        Ok(hooks) if hooks.is_empty() => Fine("nobody is told of events".to_owned()),
        Ok(hooks) => {
            let told: Vec<_> = hooks.iter().map(|hook| format!("{} at {}", hook.name, hook.post.endpoint())).collect();
            Fine(format!("secrets and certificates can be used; told are {}", told.join(", ")))
        }
        Err(failure) => Fault(text(&failure)),
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

fn text(failure: &Failure) -> String {
    match failure {
        Failure::Usage(error) | Failure::Fault(error) => format!("{error:#}"),
        Failure::Told => String::new(),
    }
}
