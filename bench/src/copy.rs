//! PostgreSQL's own rate of taking in a region's rows: COPY into Talon's tables with their indexes,
//! from files on the server's disk, one for each table; every commit durable, nothing checked.

use std::{
    fmt::Display,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::bail;
use talon_store::Record;

use crate::postgres::Postgres;

const SCHEMA: &str = concat!(
    include_str!("../../crates/store-postgres/migrations/0001_initial.sql"),
    include_str!("../../crates/store-postgres/migrations/0002_journey.sql")
);

/// The tables, in the order of `Rows`, with the columns that a generated region fills.
const TABLES: [&str; 7] = [
    "specialty (code, name, letter)",
    "facility (facility, mkod, name, serves, zone, schedule_days, address, phone)",
    "resource (facility, resource, kind, name, specialty, room, min_age, max_age)",
    "person (person, family, given, patronymic, birth_date, sex, snils, policy_series, policy_number)",
    "card (facility, person, card, number, self_booking_barred, dispensary)",
    "referral (facility, referral, number, person, kind, specialty, to_facility, issued, valid_until, state)",
    "slot (facility, resource, start, slot, minutes, places, rights, min_age, max_age)",
];

/// Copies all records into a new store: how many, and how long PostgreSQL took for it. Writing the
/// files, in this folder, is not counted.
pub(crate) fn insert(
    records: impl Iterator<Item = Record>,
    postgres: &Postgres,
    folder: &Path,
) -> anyhow::Result<(u64, Duration)> {
    fs::create_dir(folder)?;
    let mut files = Vec::new();
    for number in 0..TABLES.len() {
        files.push(BufWriter::with_capacity(256 * 1024, File::create(folder.join(number.to_string()))?));
    }
    let mut rows = 0;
    for record in records {
        put(&mut files, &record)?;
        rows += 1;
    }
    for file in files {
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    }
    postgres.create("copy");
    postgres.run_in("copy", SCHEMA);
    postgres.checkpoint();
    let statement = |(number, table)| format!("COPY {table} FROM '{}/{number}';\n", folder.display());
    let began = Instant::now();
    postgres.run_in("copy", &TABLES.iter().enumerate().map(statement).collect::<String>());
    let took = began.elapsed();
    fs::remove_dir_all(folder)?;
    postgres.drop("copy");
    Ok((rows, took))
}

fn put(files: &mut [BufWriter<File>], record: &Record) -> anyhow::Result<()> {
    let (table, row) = row(record)?;
    Ok(files[table].write_all(row.as_bytes())?)
}

/// The table and the line of a record.
fn row(record: &Record) -> anyhow::Result<(usize, String)> {
    let mut row = Row::default();
    let table = match record {
        Record::Specialty(it) => {
            row.add(&it.code.0).add(&it.name).add(&it.letter);
            0
        }
        Record::Facility(it) => {
            row.add(it.id.0).add(it.mkod.as_str()).add(&it.name).add(it.serves.code()).add(it.zone.name());
            row.add(it.schedule_days).add_some(it.address.as_ref()).add_some(it.phone.as_ref());
            1
        }
        Record::Resource(it) => {
            row.add(it.key.facility.0).add(it.key.resource.0).add(it.kind.code()).add(&it.name);
            row.add(&it.specialty.0).add_some(it.room.as_ref()).add_some(it.ages.min).add_some(it.ages.max);
            2
        }
        Record::Person(it) => {
            row.add(it.id.0).add(&it.family).add(&it.given).add_some(it.patronymic.as_ref()).add(it.birth_date);
            row.add(it.sex.code()).add_some(it.snils.as_ref());
            row.add_some(it.policy.series.as_ref()).add(&it.policy.number);
            3
        }
        Record::Card(it) => {
            let dispensary: Vec<&str> = it.dispensary.iter().map(|code| code.0.as_str()).collect();
            row.add(it.facility.0).add(it.person.0).add(it.id.0).add(&it.number).add(it.self_booking_barred);
            row.add(serde_json::to_string(&dispensary)?);
            4
        }
        Record::Referral(it) => {
            row.add(it.key.facility.0).add(it.key.referral.0).add(&it.number).add(it.person.0);
            row.add_some(it.kind.map(|kind| kind.code())).add(&it.specialty.0);
            row.add_some(it.to_facility.map(|facility| facility.0));
            row.add(it.issued).add(it.valid_until).add(it.state.code());
            5
        }
        Record::Slot(it) => {
            row.add(it.key.facility.0).add(it.resource.0).add(it.start.as_second()).add(it.key.slot.0);
            row.add(it.minutes).add(it.places).add(it.rights.bits()).add_some(it.ages.min).add_some(it.ages.max);
            6
        }
        _ => bail!("a generated region has no such record"),
    };
    Ok((table, row.end()))
}

/// A line as COPY reads it.
#[derive(Default)]
struct Row(String);

impl Row {
    fn add(&mut self, value: impl Display) -> &mut Self {
        let text = value.to_string();
        for letter in text.chars() {
            match letter {
                '\\' => self.0.push_str("\\\\"),
                '\t' => self.0.push_str("\\t"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                other => self.0.push(other),
            }
        }
        self.0.push('\t');
        self
    }

    fn add_some(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.add(value),
            None => {
                self.0.push_str("\\N\t");
                self
            }
        }
    }

    fn end(mut self) -> String {
        self.0.pop();
        self.0.push('\n');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use talon_sample::{GenerateOptions, Generator};

    use super::*;

    #[test]
    fn a_line_has_a_field_for_each_column() {
        let start = jiff::civil::date(2026, 4, 13);
        for record in Generator::new(GenerateOptions { facilities: 3, days: 2, persons: 40, seed: 1, start }) {
            let (table, line) = row(&record).unwrap();
            assert_eq!(line.split('\t').count(), TABLES[table].split(',').count(), "{line}");
            assert!(line.ends_with('\n'));
        }
    }

    #[test]
    fn what_copy_would_take_for_an_end_is_written_otherwise() {
        let mut row = Row::default();
        row.add("a\tb\\c\nd").add_some(None::<u8>);
        assert_eq!(row.end(), "a\\tb\\\\c\\nd\t\\N\n");
    }
}
