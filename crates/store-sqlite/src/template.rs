//! Templates in their table: the parts of a schedule line are read and written whole, as JSON.

use jiff::civil::{Date, Time, Weekday};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde::{Deserialize, Serialize};
use talon_domain::{
    access::Rights,
    ids::{FacilityId, ResourceId, ResourceKey, TemplateId},
    schedule::{DayPart, Exception, Parity, Template},
    slot::Ages,
};

use crate::columns::{code, guid};

/// What the column `body` holds. Weekdays count from Monday, 1; rights are a set's number.
#[derive(Serialize, Deserialize)]
struct Body {
    from: Date,
    until: Option<Date>,
    weekdays: Vec<i8>,
    parity: String,
    parts: Vec<Part>,
    breaks: Vec<(Time, Time)>,
    exceptions: Vec<Days>,
    min_age: Option<u8>,
    max_age: Option<u8>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    from: Time,
    to: Time,
    minutes: u16,
    places: u16,
    rights: u8,
}

#[derive(Serialize, Deserialize)]
struct Days {
    from: Date,
    until: Date,
    parts: Vec<Part>,
}

/// Adds a template, or replaces the one of its guid.
pub(crate) fn put(connection: &Connection, template: &Template) -> Result<()> {
    let body = serde_json::to_string(&Body::of(template))
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO template (facility, template, resource, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            template.resource.facility.bytes(),
            template.id.bytes(),
            template.resource.resource.bytes(),
            body
        ])
        .map(drop)
}

/// What is stored under a template's guid.
pub(crate) fn find(connection: &Connection, template: &Template) -> Result<Option<Template>> {
    connection
        .prepare_cached(
            "SELECT facility, template, resource, body FROM template WHERE facility = ?1 AND template = ?2",
        )?
        .query_row(params![template.resource.facility.bytes(), template.id.bytes()], read)
        .optional()
}

/// The columns that [`read`] expects.
pub(crate) const COLUMNS: &str = "facility, template, resource, body";

pub(crate) fn read(row: &Row<'_>) -> Result<Template> {
    let resource = ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 2, ResourceId)? };
    let id = guid!(row, 1, TemplateId)?;
    code(row, 3, |text| serde_json::from_str::<Body>(text).ok()?.template(resource, id))
}

impl Body {
    fn of(template: &Template) -> Self {
        let exceptions = template.exceptions.iter();
        Self {
            from: template.from,
            until: template.until,
            weekdays: template.weekdays.iter().map(|day| day.to_monday_one_offset()).collect(),
            parity: template.parity.code().to_owned(),
            parts: template.parts.iter().map(Part::of).collect(),
            breaks: template.breaks.clone(),
            exceptions: exceptions
                .map(|days| Days {
                    from: days.from,
                    until: days.until,
                    parts: days.parts.iter().map(Part::of).collect(),
                })
                .collect(),
            min_age: template.ages.min,
            max_age: template.ages.max,
        }
    }

    fn template(self, resource: ResourceKey, id: TemplateId) -> Option<Template> {
        let weekdays = self.weekdays.into_iter().map(|day| Weekday::from_monday_one_offset(day).ok());
        let exceptions = self.exceptions.into_iter();
        Some(Template {
            resource,
            id,
            from: self.from,
            until: self.until,
            weekdays: weekdays.collect::<Option<_>>()?,
            parity: Parity::from_code(&self.parity)?,
            parts: self.parts.into_iter().map(Part::part).collect(),
            breaks: self.breaks,
            exceptions: exceptions
                .map(|days| Exception {
                    from: days.from,
                    until: days.until,
                    parts: days.parts.into_iter().map(Part::part).collect(),
                })
                .collect(),
            ages: Ages { min: self.min_age, max: self.max_age },
        })
    }
}

impl Part {
    fn of(part: &DayPart) -> Self {
        Self { from: part.from, to: part.to, minutes: part.minutes, places: part.places, rights: part.rights.bits() }
    }

    fn part(self) -> DayPart {
        DayPart {
            from: self.from,
            to: self.to,
            minutes: self.minutes,
            places: self.places,
            rights: Rights::from_bits(self.rights),
        }
    }
}
