//! `talon audit person`.

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde_json::json;
use talon_domain::{access::Channel, audit::AuditRecord, ids::PersonId, reference::Reference};
use talon_store::RecordsQuery;

use super::{Days, export::each};
use crate::{
    cli::StoreArgs,
    commands::{block_on, token, with_store},
    compose::WhenMissing,
    failure::Outcome,
    output::say,
};

pub(super) const EXAMPLES: &str = "\
Every record about the person: who asked, from where, for what, and what came of it. A request that was
refused before a person was recognised names none and is not among them.

Examples:
  talon audit person 0f8fad5b-d9cb-469f-a165-70867728950e
  talon audit person 0f8fad5b-d9cb-469f-a165-70867728950e --from 2026-01-01 --json";

#[derive(Args, Debug)]
pub(crate) struct PersonArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Whose data
    #[arg(value_name = "GUID", value_parser = token::person)]
    person: PersonId,
    #[command(flatten)]
    days: Days,
    /// One JSON object a record instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: PersonArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let query = RecordsQuery { person: Some(args.person), ..args.days.query()? };
    let (mut records, reference) = block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        let mut records = Vec::new();
        each(&**store, &query, |record| {
            records.push(record.clone());
            Ok(())
        })
        .await?;
        Ok((records, store.reference()))
    }))?;
    records.sort_by_key(|record| (record.at, record.id));
    if args.json {
        return records.iter().try_for_each(|record| say(&object(record).to_string()));
    }
    if records.is_empty() {
        return say("there is no record about this person in these days");
    }
    say(&table(&records, &reference).to_string())
}

fn table(records: &[AuditRecord], reference: &Reference) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["when", "what", "outcome", "by", "from", "node", "object", "request"]);
    for record in records {
        let client = record.client.map(|id| match reference.client(id) {
            Some(client) => format!("{} ({id})", client.name),
            None => id.to_string(),
        });
        let by = [record.channel.map(|channel| Channel::code(channel).to_owned()), client];
        table.add_row([
            format!("{:.0}", record.at),
            record.action.code().to_owned(),
            record.outcome.clone(),
            by.into_iter().flatten().collect::<Vec<_>>().join(" "),
            record.from.map(|from| from.to_string()).unwrap_or_default(),
            record.node.map(|node| node.to_string()).unwrap_or_default(),
            record.object.clone().unwrap_or_default(),
            record.request.to_string(),
        ]);
    }
    table
}

fn object(record: &AuditRecord) -> serde_json::Value {
    json!({
        "guid": record.id.to_string(),
        "at": record.at.to_string(),
        "request": record.request.to_string(),
        "from": record.from.map(|from| from.to_string()),
        "node": record.node.map(|node| node.to_string()),
        "client": record.client.map(|client| client.to_string()),
        "channel": record.channel.map(Channel::code),
        "action": record.action.code(),
        "facility": record.facility.map(|facility| facility.to_string()),
        "object": record.object,
        "outcome": record.outcome,
    })
}
