//! `talon audit seal`.

use std::sync::Arc;

use clap::Args;

use crate::{
    cli::StoreArgs,
    commands::{block_on, with_store},
    compose::{self, WhenMissing},
    failure::Outcome,
    output::say,
    sealing::{Signer, seal_all},
};

pub(super) const EXAMPLES: &str = "\
A serving node seals what it and others write, by itself. What a program of a version without seals wrote, before an
upgrade or beside one, is left for this command: it reads the whole audit, seals what has no seal and signs a
checkpoint. From then on those records are protected, and not from when they were written.

Examples:
  talon audit seal --store sqlite:/var/lib/talon/talon.db";

#[derive(Args, Debug)]
pub(crate) struct SealArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The installation's own key [default: beside the store, made when missing]
    #[arg(long, value_name = "FILE")]
    signing_key: Option<String>,
}

pub(super) fn run(args: SealArgs) -> Outcome {
    let settings = args.store.load_with(vec![("--signing-key", "signing_key", args.signing_key)])?.settings;
    let own = compose::own_key(&settings.signing_key)?;
    let (found, sealed) = block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        let mut signer = Signer::of(&settings, Arc::clone(store), own)?;
        let found = store.requeue().await?;
        let sealed = seal_all(&**store, settings.node).await?;
        signer.sign().await?;
        Ok((found, sealed))
    }))?;
    say(&format!("{found} records had no seal; {sealed} were sealed"))
}
