//! `talon serve --demo`: a made-up region in a store that lives as long as the server.

use std::{collections::HashMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use jiff::Timestamp;
use talon_app::Clock;
use talon_domain::{ids::ResourceKey, zone::Zone};
use talon_sample::{Demo, TourStop, demo};
use talon_store::{Record, Store};
use talon_tokens::{NewToken, OwnKey};
use tempfile::TempDir;

use crate::{
    clock::SystemClock,
    failure::{Failure, Outcome},
    settings::{Settings, StoreUrl},
};

/// Long enough for a day of showing it around.
const TOKENS_LAST: Duration = Duration::from_secs(12 * 3600);
/// Columns of the table, for a terminal of usual width.
const TABLE_WIDTH: u16 = 118;
/// What one transaction takes in at most.
const PAGE: usize = 1000;

/// The region, and the directory that its store, its key and its commands are in. The directory
/// goes with it.
pub(crate) struct Demonstration {
    directory: TempDir,
    demo: Demo,
    now: Timestamp,
}

impl Demonstration {
    /// Makes the region and points the settings at a store of its own.
    pub(crate) fn prepare(settings: &mut Settings) -> Outcome<Self> {
        let directory = tempfile::Builder::new().prefix("talon-demo-").tempdir()?;
        settings.store = StoreUrl::sqlite(&directory.path().join("demo.db"));
        settings.signing_key = settings.store.key_path();
        settings.contact_keys = settings.store.contact_keys_path();
        settings.audit.checkpoints = settings.store.checkpoints_path(&settings.signing_key);
        let now = SystemClock.now();
        let moscow = Zone::parse("Europe/Moscow").context("the zone data does not work")?;
        Ok(Self { directory, demo: demo(moscow.day(now), now), now })
    }

    /// Takes the region into the store.
    pub(crate) async fn fill(&self, store: &Arc<dyn Store>) -> Outcome {
        for page in self.demo.records.chunks(PAGE) {
            store.import_page(page.to_vec(), self.now).await?;
        }
        talon_app::publish(&**store, self.now).await?;
        Ok(())
    }

    /// What to print: patients to try, and a command that books for the first of them. A command
    /// for each of the others is written beside the store.
    pub(crate) fn tour(&self, address: SocketAddr, base: &str, key: &OwnKey) -> Outcome<String> {
        let names = self.resource_names();
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(TABLE_WIDTH);
        table.set_header(["№", "Пациент", "Лет", "Направление", "К кому и когда", "Что ответит сервер"]);
        let mut first = None;
        for (number, stop) in (1..).zip(&self.demo.tour) {
            let doctor = names.get(&stop.resource).map_or("", String::as_str);
            let when = format!("{doctor}\n{} {}", stop.day.strftime("%d.%m.%Y"), stop.time.strftime("%H:%M"));
            let cells = [number.to_string(), stop.name.clone(), stop.age.to_string(), stop.referral_number.clone()];
            table.add_row(cells.into_iter().chain([when, stop.what.clone()]));
            let command = self.command(stop, address, base, key)?;
            std::fs::write(self.script(number), format!("{command}\n"))?;
            first.get_or_insert(command);
        }
        let first = first.unwrap_or_default();
        let other = self.script(2);
        Ok(format!(
            "\nДемонстрационный регион: всё вымышлено и исчезнет при остановке (Ctrl+C).\n{table}\n\n\
             Записать первого пациента:\n\n{first}\n\n\
             Остальные строки таблицы, по номеру: sh {}\n",
            other.display()
        ))
    }

    fn command(&self, stop: &TourStop, address: SocketAddr, base: &str, key: &OwnKey) -> Outcome<String> {
        let claims = NewToken { person: stop.person, client: None, channel: None, ttl: TOKENS_LAST };
        let token = key.sign(&claims, self.now).map_err(|error| Failure::Fault(error.into()))?;
        // Nothing in it needs escaping: guids, digits, a МКОД.
        let body = format!(
            r#"{{"direction_id":"{}","lpu_code":"{}","resource_id":"{}","day":"{}","time":"{}"}}"#,
            stop.referral,
            stop.facility_code,
            stop.resource,
            stop.day,
            stop.time.strftime("%H:%M")
        );
        Ok(format!(
            "curl -sS -w '\\n' http://{address}{base}/iemk/directions/entry \\\n  \
             -H 'Authorization: Bearer {token}' \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{body}'"
        ))
    }

    fn script(&self, number: usize) -> PathBuf {
        self.directory.path().join(format!("{number}.sh"))
    }

    fn resource_names(&self) -> HashMap<ResourceKey, String> {
        let named = self.demo.records.iter().filter_map(|record| match record {
            Record::Resource(resource) => Some((resource.key, resource.short_name())),
            _ => None,
        });
        named.collect()
    }
}
