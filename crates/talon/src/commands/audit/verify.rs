//! `talon audit verify`.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;
use talon_app::Clock;
use talon_audit::{Lines, Report};
use talon_store::Store;
use talon_tokens::{KeyError, OwnKey, PublicKey};

use crate::{
    cli::StoreArgs,
    clock::SystemClock,
    commands::{
        block_on,
        progress::{Shown, Unit},
        with_store,
    },
    compose::WhenMissing,
    failure::{Failure, Outcome},
    output::say,
    settings::Settings,
};

pub(super) const EXAMPLES: &str = "\
Computes every chain of the audit anew and compares it with the checkpoints. Give those that lie where nobody
who can write the store can write: a checkpoint beside the store proves nothing against its administrator.
Each fault is a line that begins with FAIL; the exit code is then 1.

Records of the last minutes may not be covered by a checkpoint yet. They are counted and not proven.

Examples:
  talon audit verify
  talon audit verify --checkpoints /mnt/worm/zapis-1.checkpoints /mnt/worm/zapis-2.checkpoints \\
      --public-key audit-key.json";

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The files of checkpoints of all nodes [default: the setting audit.checkpoints]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    checkpoints: Vec<PathBuf>,
    /// Keys that checkpoints may be signed with, as `talon audit key` prints them [default: the installation's own]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    public_key: Vec<PathBuf>,
}

pub(super) fn run(args: VerifyArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let lines = lines(&settings, &args.checkpoints, &args.public_key)?;
    let patience = super::patience(&settings);
    let report =
        block_on(with_store(&settings, WhenMissing::Fail, async |store| look(&**store, lines, patience).await))?;
    tell(&report)
}

/// What files of checkpoints say, as far as these keys have signed it.
pub(super) fn lines(settings: &Settings, files: &[PathBuf], keys: &[PathBuf]) -> Outcome<Lines> {
    let mut public = keys.iter().map(|path| PublicKey::load(path)).collect::<Result<Vec<_>, _>>().map_err(usage)?;
    if public.is_empty() {
        public.push(OwnKey::load(&settings.signing_key).and_then(|own| own.public()).map_err(usage)?);
    }
    let own = [settings.audit.checkpoints.clone()];
    let files = if files.is_empty() { &own[..] } else { files };
    let mut read = Vec::new();
    for path in files {
        let bytes = std::fs::read(path).map_err(|error| {
            let what = "without checkpoints nothing is proven";
            Failure::Fault(anyhow::anyhow!("{}: {error}; {what}", path.display()))
        })?;
        read.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(Lines::read(&read, &public))
}

/// Looks, and shows how far it is.
pub(super) async fn look(store: &dyn Store, lines: Lines, patience: SignedDuration) -> Outcome<Report> {
    let snapshot = store.snapshot().await?;
    let mut shown = Shown::start();
    let mut progress = |done, total| shown.show("verifying", Unit::Records, done, Some(total));
    let report = talon_audit::verify(&*snapshot, lines, SystemClock.now(), patience, &mut progress).await;
    shown.finish();
    Ok(report?)
}

fn tell(report: &Report) -> Outcome {
    for (closing, left) in &report.closed {
        let (chain, number, at) = (closing.end.chain, closing.end.number, closing.at);
        say(&format!("{chain}: closed at {at:.0} with {number} records"))?;
        if *left > 0 {
            say(&format!("  {left} of them are still in the store; repeat `talon audit close`"))?;
        }
    }
    faults(report)?;
    say(&format!("{} records in {} chains are as they were sealed", report.records, report.chains))?;
    say(&format!("  not covered by a checkpoint yet: {}", report.uncovered))?;
    say(&format!("  waiting to be sealed: {}", report.waiting))
}

/// Names what is wrong.
///
/// # Errors
///
/// Something is.
pub(super) fn faults(report: &Report) -> Outcome {
    for fault in &report.faults {
        say(&format!("FAIL {fault}"))?;
    }
    match report.found {
        0 => Ok(()),
        found => {
            say(&format!("{found} faults; keep the store and the files of checkpoints as they are"))?;
            Err(Failure::Told)
        }
    }
}

fn usage(error: KeyError) -> Failure {
    Failure::usage(error)
}
