//! `talon person export`, `talon person erase` and `talon person merge`: what a person may demand, and duplicates.

use std::{collections::BTreeMap, io::BufWriter, path::PathBuf, sync::Arc};

use anyhow::anyhow;
use clap::{Args, Subcommand};
use talon_app::{Clock, IdSource};
use talon_domain::{
    audit::{Action, AuditRecord, Request},
    ids::{AuditId, PersonId, RequestId},
    node::NodeName,
};
use talon_region::type_of;
use talon_store::{Record, Removal, Store};

use super::{block_on, token, with_store};
use crate::{
    cli::StoreArgs,
    clock::{SystemClock, SystemIds},
    compose::WhenMissing,
    failure::{Failure, Outcome},
    output::{self, say},
};

const EXPORT_EXAMPLES: &str = "\
Everything that is kept of a person, as lines of the region file: name and policy, cards, referrals,
visits with what they were before and why they were cancelled, places on waiting lists, messages that
are owed. It holds personal data; a new output file is readable by its owner alone. That it was given
out is put on record.

Examples:
  talon person export 0f8fad5b-d9cb-469f-a165-70867728950e --output person.ndjson
  talon person export 0f8fad5b-d9cb-469f-a165-70867728950e | less";

const ERASE_EXAMPLES: &str = "\
Removes everything that is kept of a person but the audit, which holds guids and the addresses that
requests came from. Visits ahead are given up, without a message; their times go to those who wait.
Without --yes it only says what would go.

The region's own system brings the person back with its next file, unless it has erased them too. Backups
and exports keep what they have until they are deleted. On PostgreSQL the server's own files keep what is
deleted for a while; docs/operations/personal-data.md tells how long.

Examples:
  talon person erase 0f8fad5b-d9cb-469f-a165-70867728950e
  talon person erase 0f8fad5b-d9cb-469f-a165-70867728950e --yes";

const MERGE_EXAMPLES: &str = "\
For one person who is known under two guids: cards, referrals, visits and places on waiting lists of the
first become the second's, and the first is gone. Where both have a card in a facility the second's is
kept; contacts that it lacks, a bar on booking and dispensary registers are taken over. Without --yes it
only says what would happen. Tokens for the first guid find nobody any more.

Examples:
  talon person merge 0f8fad5b-d9cb-469f-a165-70867728950e 7c9e6679-7425-40de-944b-e07fc1f90ae7 --yes";

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Write everything that is kept of a person
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Remove a person
    #[command(after_help = ERASE_EXAMPLES)]
    Erase(EraseArgs),
    /// Make one person of two
    #[command(after_help = MERGE_EXAMPLES)]
    Merge(MergeArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Who
    #[arg(value_name = "GUID", value_parser = token::person)]
    person: PersonId,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Who
    #[arg(value_name = "GUID", value_parser = token::person)]
    person: PersonId,
    /// Do it
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Who is to be gone
    #[arg(value_name = "GUID", value_parser = token::person)]
    person: PersonId,
    /// Who is to have everything
    #[arg(value_name = "INTO", value_parser = token::person)]
    into: PersonId,
    /// Do it
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(command: PersonCommand) -> Outcome {
    match command {
        PersonCommand::Export(args) => export(args),
        PersonCommand::Erase(args) => remove(args.store, args.person, None, args.yes),
        PersonCommand::Merge(args) => remove(args.store, args.person, Some(args.into), args.yes),
    }
}

fn export(args: ExportArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let lines = block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        let records = store.about(args.person).await?;
        if records.is_empty() {
            return Err(nothing(args.person));
        }
        // On record before anything of it leaves, as with every other read.
        store.record(export_record(args.person, settings.node)).await?;
        let mut out = BufWriter::new(output::to(args.output.as_deref())?);
        Ok(talon_region::write_records(records, &store.reference(), &mut out)?)
    }))?;
    eprintln!("{lines} lines written");
    Ok(())
}

fn export_record(person: PersonId, node: NodeName) -> AuditRecord {
    let (ids, now) = (SystemIds::default(), SystemClock.now());
    AuditRecord {
        id: AuditId(ids.ordered(now)),
        at: now,
        request: RequestId(ids.random()),
        from: None,
        node: Some(node),
        person: Some(person),
        client: None,
        channel: None,
        action: Action::Export,
        facility: None,
        object: None,
        outcome: "ok".to_owned(),
    }
}

fn remove(store: StoreArgs, person: PersonId, into: Option<PersonId>, yes: bool) -> Outcome {
    let settings = store.load()?.settings;
    block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        if !yes {
            let records = store.about(person).await?;
            return if records.is_empty() { Err(nothing(person)) } else { foretell(&records, into) };
        }
        let removed = decided(store, settings.node, person, into).await?;
        match into {
            None => say(&format!("erased: {person}"))?,
            Some(into) => say(&format!("merged: {person} into {into}"))?,
        }
        tell(&removed)
    }))
}

async fn decided(
    store: &Arc<dyn Store>,
    node: NodeName,
    person: PersonId,
    into: Option<PersonId>,
) -> Outcome<Vec<Record>> {
    let (ids, now) = (SystemIds::default(), SystemClock.now());
    let request = Request { node: Some(node), ..Request::of(RequestId(ids.random())) };
    let removal = Removal { person, into, request, new_audit: AuditId(ids.ordered(now)) };
    store.remove(removal, now).await?.map_err(|against| {
        let against: String = against.iter().map(|fault| format!("\n  {fault}")).collect();
        Failure::Fault(anyhow!("nothing was changed; this stands against it:{against}"))
    })
}

fn foretell(records: &[Record], into: Option<PersonId>) -> Outcome {
    say(match into {
        None => "would be erased (--yes does it):",
        Some(_) => "would become the other's (--yes does it):",
    })?;
    tell(records)
}

/// How many of each there are.
fn tell(records: &[Record]) -> Outcome {
    let mut counts: BTreeMap<_, u32> = BTreeMap::new();
    for record in records {
        *counts.entry(record.kind()).or_default() += 1;
    }
    let live = records.iter().filter(|record| matches!(record, Record::Entry(entry) if entry.state.is_live())).count();
    for (kind, count) in counts {
        say(&format!("{count:>6} {}", type_of(kind)))?;
    }
    if live > 0 { say(&format!("{live:>6} of the entries are visits ahead")) } else { Ok(()) }
}

fn nothing(person: PersonId) -> Failure {
    Failure::Fault(anyhow!("nothing is kept of {person}"))
}
