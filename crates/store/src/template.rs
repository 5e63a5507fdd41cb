//! A template's parts as back ends keep them: read and written whole, as JSON.

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};
use talon_domain::{
    access::Rights,
    ids::{ResourceKey, TemplateId},
    schedule::{DayPart, DayRelease, Exception, Parity, Template},
    slot::Ages,
};

use crate::StoreError;

/// The JSON of everything about a template but its key.
///
/// # Errors
///
/// [`StoreError::Bug`] when it cannot be written.
pub fn template_body(template: &Template) -> Result<String, StoreError> {
    serde_json::to_string(&Body::of(template)).map_err(|error| StoreError::Bug(error.to_string()))
}

/// The template of this key and this JSON; `None` when it is not what [`template_body`] wrote.
#[must_use]
pub fn read_template(resource: ResourceKey, id: TemplateId, body: &str) -> Option<Template> {
    serde_json::from_str::<Body>(body).ok()?.template(resource, id)
}

/// Weekdays count from Monday, 1; rights are a set's number.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<Released>,
}

#[derive(Serialize, Deserialize)]
struct Released {
    days_before: u16,
    at: Time,
    rights: u8,
}

#[derive(Serialize, Deserialize)]
struct Days {
    from: Date,
    until: Date,
    parts: Vec<Part>,
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
        Self {
            from: part.from,
            to: part.to,
            minutes: part.minutes,
            places: part.places,
            rights: part.rights.bits(),
            release: part.release.map(|release| Released {
                days_before: release.days_before,
                at: release.at,
                rights: release.rights.bits(),
            }),
        }
    }

    fn part(self) -> DayPart {
        DayPart {
            from: self.from,
            to: self.to,
            minutes: self.minutes,
            places: self.places,
            rights: Rights::from_bits(self.rights),
            release: self.release.map(|release| DayRelease {
                days_before: release.days_before,
                at: release.at,
                rights: Rights::from_bits(release.rights),
            }),
        }
    }
}
