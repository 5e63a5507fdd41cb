//! One who edits a schedule by importing it anew.

use std::{collections::BTreeSet, fs, time::Instant};

use jiff::{ToSpan, civil::DateTime};
use serde_json::{Value, json};
use talon_testkit::{Booking, FacilityRef, Installation, RegionBuilder, ResourceRef, SlotRef, clock};

/// Cells of the one doctor; those of the other come from a template.
const CELLS: usize = 30;

const TEMPLATE: &str = "7e300000-0000-4000-8000-000000000001";

pub(super) struct Editor {
    /// The cells, as they were last taken.
    cells: Vec<Cell>,
    /// All the times that any cell may ever be at.
    times: Vec<SlotRef>,
    template: Value,
    edits: usize,
    /// From the moment from which on the cells were closed to the one in which opening them began.
    pub(super) closed: Vec<(Instant, Instant)>,
    /// Lines that moved a cell.
    pub(super) moved: usize,
    /// Lines that were refused because the cell is booked.
    pub(super) refused: usize,
}

#[derive(Clone)]
struct Cell {
    slot: SlotRef,
    /// Where it is when it is not moved.
    home: DateTime,
    rights: &'static [&'static str],
}

impl Cell {
    fn line(&self) -> Value {
        let SlotRef { facility, resource, guid, start } = &self.slot;
        json!({
            "type": "slot", "facility": facility, "resource": resource, "guid": guid,
            "start": start.strftime("%Y-%m-%dT%H:%M").to_string(), "minutes": 10, "rights": self.rights,
        })
    }
}

impl Editor {
    /// Adds the schedules of two doctors to a region.
    pub(super) fn new(region: &mut RegionBuilder, facility: &FacilityRef) -> Self {
        let [one, other] = [(); 2].map(|()| region.doctor(facility, "1"));
        let (day, next) = (clock::day_ahead(3), clock::day_ahead(4));
        let mut cells = Vec::new();
        let mut times = Vec::new();
        for nth in 0..CELLS {
            let home = day.at(8, 0, 0, 0) + (20 * nth as i64).minutes();
            let slot = region.slot(&one, home, 1);
            times.extend([slot.clone(), SlotRef { start: home + 10.minutes(), ..slot.clone() }]);
            cells.push(Cell { slot, home, rights: &["Internet", "Doctor"] });
            times.push(made_by_the_template(&other, next.at(8, 0, 0, 0) + (10 * nth as i64).minutes()));
        }
        let part = json!({"from": "08:00", "to": "13:00", "minutes": 10, "rights": ["Internet", "Doctor"]});
        let template = json!({
            "type": "template", "facility": facility.guid, "resource": other.guid, "guid": TEMPLATE,
            "from": next.to_string(), "until": next.to_string(), "parts": [part],
            "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        });
        region.line(template.clone());
        Self { cells, times, template, edits: 0, closed: Vec::new(), moved: 0, refused: 0 }
    }

    pub(super) fn times(&self) -> &[SlotRef] {
        &self.times
    }

    /// Whether a request is for one of the cells that are closed now and then.
    pub(super) fn is_of_its_cells(&self, booking: &Booking) -> bool {
        booking.resource_id.ends_with(&self.cells[0].slot.resource)
    }

    /// One import: cells are moved, closed, the template's day is taken back, and all of it comes back.
    pub(super) fn edit(&mut self, installation: &Installation) {
        self.edits += 1;
        let mut wanted = self.cells.clone();
        let mut template = self.template.clone();
        match self.edits % 4 {
            1 => wanted.iter_mut().for_each(|cell| cell.slot.start = cell.home + 10.minutes()),
            2 => wanted.iter_mut().for_each(|cell| cell.rights = &["None"]),
            3 => {
                template["exceptions"] = json!([{"from": template["from"]}]);
                wanted.iter_mut().for_each(|cell| cell.rights = &["Internet", "Doctor"]);
            }
            _ => wanted.iter_mut().for_each(|cell| cell.slot.start = cell.home),
        }
        if let (3, Some((_, until))) = (self.edits % 4, self.closed.last_mut()) {
            *until = Instant::now();
        }
        let faulty = import(installation, wanted.iter().map(Cell::line).chain([template]));
        let now = Instant::now();
        for (line, (cell, wanted)) in (1..).zip(self.cells.iter_mut().zip(wanted)) {
            match faulty.contains(&line) {
                true => self.refused += 1,
                false => {
                    self.moved += usize::from(cell.slot.start != wanted.slot.start);
                    *cell = wanted;
                }
            }
        }
        if self.edits % 4 == 2 {
            // Open again when the next edit says so.
            let much_later = now + std::time::Duration::from_secs(3600);
            self.closed.push((now, much_later));
        }
    }

    /// The cells are where they were taken to be, and open to whom they were taken to be.
    #[track_caller]
    pub(super) fn expect_its_cells(&self, lines: &[Value]) {
        for cell in &self.cells {
            let line = lines.iter().find(|line| line["type"] == "slot" && line["guid"] == cell.slot.guid.as_str());
            let line = line.expect("the cell is there");
            for key in ["start", "resource", "minutes"] {
                assert_eq!(line[key], cell.line()[key], "{line}");
            }
            assert_eq!(words(&line["rights"]), words(&cell.line()["rights"]), "{line}");
        }
    }
}

/// A time of the template's, which is asked for by resource and time alone.
fn made_by_the_template(doctor: &ResourceRef, start: DateTime) -> SlotRef {
    SlotRef { facility: doctor.facility.clone(), resource: doctor.guid.clone(), guid: String::new(), start }
}

fn words(rights: &Value) -> BTreeSet<&str> {
    rights.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Imports lines, those that are good. Gives the numbers of the others, which must be about booked cells.
fn import(installation: &Installation, lines: impl Iterator<Item = Value>) -> BTreeSet<usize> {
    let file = installation.directory().join("edited.ndjson");
    fs::write(&file, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let output = installation.command("import").arg(&file).arg("--keep-good").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let mut faulty = BTreeSet::new();
    for fault in told.lines().filter_map(|line| line.split_once("edited.ndjson:")) {
        let (number, what) = fault.1.split_once(':').unwrap();
        assert!(what.contains("is booked"), "{told}");
        faulty.insert(number.parse().unwrap());
    }
    assert_eq!(output.status.success(), faulty.is_empty(), "{told}");
    faulty
}
