//! `talon generate`: a made-up region of any size.

use std::{
    collections::HashMap,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use jiff::civil::Date;
use talon_app::Clock;
use talon_domain::{ids::FacilityId, zone::Zone};
use talon_region::{Line, write_line};
use talon_sample::{GenerateOptions, Generator};
use talon_store::Record;

use crate::{clock::SystemClock, failure::Outcome, output};

pub(crate) const EXAMPLES: &str = "\
The same options give the same file, byte for byte, on every machine; without --start the schedule
begins today (UTC), so say it where the file must be the same tomorrow.

Examples:
  talon generate --facilities 10 --days 14 --persons 10000 --seed 1 --output region.ndjson
  talon generate --facilities 2 --days 7 --persons 100 --seed 1 | talon import -";

#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// How many facilities; each has 17 resources on average
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    facilities: u32,
    /// How many days of schedule, weekends counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: u16,
    /// How many persons; each has a card and a referral
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    persons: u64,
    /// Another seed gives another region
    #[arg(long, value_name = "N")]
    seed: u64,
    /// First day of the schedule [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: Option<Date>,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: GenerateArgs) -> Outcome {
    let today = || jiff::tz::TimeZone::UTC.to_datetime(SystemClock.now()).date();
    let options = GenerateOptions {
        facilities: args.facilities,
        days: args.days,
        persons: args.persons,
        seed: args.seed,
        start: args.start.unwrap_or_else(today),
    };
    let mut out = BufWriter::with_capacity(256 * 1024, output::to(args.output.as_deref())?);
    write(Generator::new(options), &mut out).and_then(|()| out.flush()).context("cannot write the region")?;
    Ok(())
}

fn write(records: Generator, out: &mut dyn Write) -> std::io::Result<()> {
    let mut zones: HashMap<FacilityId, Zone> = HashMap::new();
    for record in records {
        if let Record::Facility(facility) = &record {
            zones.insert(facility.id, facility.zone.clone());
        }
        let zone = match &record {
            Record::Slot(slot) => zones.get(&slot.key.facility),
            _ => None,
        };
        if let Some(line) = Line::of(record, zone) {
            write_line(&line, out)?;
        }
    }
    Ok(())
}
