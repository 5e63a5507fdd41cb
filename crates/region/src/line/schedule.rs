//! Lines of schedules: slot, template.

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
};
use talon_domain::{
    access::Rights,
    ids::{FacilityId, ResourceId, ResourceKey, SlotId, SlotKey, TemplateId},
    schedule::{DayPart, DayRelease, Exception, Parity, Template},
    slot::{Ages, Release, Slot},
};
use uuid::Uuid;

use super::{Line, people::DATE, reference::resource_key};
use crate::{Moment, fields::Fields, formats, json::Json, limits};

/// A cell's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotLine {
    /// Facility and guid.
    pub key: SlotKey,
    /// The resource within the facility.
    pub resource: ResourceId,
    /// When it begins.
    pub start: Moment,
    /// How long it lasts.
    pub minutes: u16,
    /// How many patients it takes.
    pub places: u16,
    /// Who may book it, from the beginning.
    pub rights: Rights,
    /// From when on more callers may, and the rights that are added.
    pub release: Option<(Moment, Rights)>,
    /// Ages it takes.
    pub ages: Ages,
    /// The template it was made from, if any.
    pub template: Option<TemplateId>,
    /// Whether nobody receives patients in it after all.
    pub absent: bool,
}

impl SlotLine {
    /// The cell, when its start and its release as instants are known.
    #[must_use]
    pub fn starting_at(&self, start: Timestamp, release: Option<Release>) -> Slot {
        Slot {
            key: self.key,
            resource: self.resource,
            start,
            minutes: self.minutes,
            places: self.places,
            rights: self.rights,
            release,
            ages: self.ages,
            template: self.template,
            absent: self.absent,
        }
    }
}

pub(super) const MOMENT: &str = "a time as YYYY-MM-DDTHH:MM, local to the facility";

pub(super) fn slot(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let resource = resource_key(fields, "resource");
    let slot = fields.guid("guid", SlotId::parse);
    let start = fields.read("start", MOMENT, formats::moment);
    let minutes = fields.number("minutes", 1, limits::MINUTES);
    let places = places(fields);
    let rights = fields.rights("rights");
    let release = inside(fields, "release", |release| {
        let at = release.read("at", MOMENT, formats::moment);
        let rights = release.rights("rights");
        Some((at?, rights?))
    });
    let ages = fields.ages();
    let template = fields.guid_optional("template", TemplateId::parse);
    let absent = fields.flag("absent");
    let resource = resource?;
    Some(Line::Slot(SlotLine {
        key: SlotKey { facility: resource.facility, slot: slot? },
        resource: resource.resource,
        start: start?,
        minutes: minutes?,
        places: places?,
        rights: rights?,
        release: release?,
        ages: ages?,
        template: template?,
        absent: absent?,
    }))
}

/// `places`, one when left out.
fn places(fields: &mut Fields<'_, '_>) -> Option<u16> {
    Some(fields.number_optional("places", 1, limits::PLACES)?.unwrap_or(1))
}

pub(super) fn template(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let resource = resource_key(fields, "resource");
    let id = fields.guid("guid", TemplateId::parse);
    let from = fields.read("from", DATE, formats::date);
    let until = fields.read_optional("until", DATE, formats::date);
    let weekdays = weekdays(fields);
    let parity = fields.code_optional("parity", Parity::ALL, Parity::code);
    let parts = fields.value("parts").and_then(|value| parts(fields, "parts", value));
    let breaks = objects(fields, "breaks", limits::BREAKS, pause);
    let exceptions = objects(fields, "exceptions", limits::EXCEPTIONS, exception);
    let ages = fields.ages();
    let read = [("weekdays", weekdays.is_some()), ("parts", parts.is_some())];
    let all_read = resource.is_some() && id.is_some() && from.is_some() && until.is_some() && parity.is_some();
    let all_read = all_read && breaks.is_some() && exceptions.is_some() && ages.is_some();
    // What could not be read is left empty, so that the sense of the rest is looked at all the same.
    let template = Template {
        resource: resource.unwrap_or(NOBODY),
        id: id.unwrap_or(TemplateId(Uuid::nil())),
        from: from.unwrap_or(Date::MIN),
        until: until.flatten(),
        weekdays: weekdays.unwrap_or_default(),
        parity: parity.flatten().unwrap_or(Parity::Any),
        parts: parts.unwrap_or_default(),
        breaks: breaks.unwrap_or_default(),
        exceptions: exceptions.unwrap_or_default(),
        ages: ages.unwrap_or_default(),
    };
    for fault in template.faults() {
        if !read.iter().any(|(key, read)| fault.key == *key && !read) {
            fields.fault(&fault.key, fault.what);
        }
    }
    (all_read && read.iter().all(|(_, read)| *read)).then_some(Line::Template(template))
}

const NOBODY: ResourceKey = ResourceKey { facility: FacilityId(Uuid::nil()), resource: ResourceId(Uuid::nil()) };

fn weekdays(fields: &mut Fields<'_, '_>) -> Option<Vec<Weekday>> {
    let value = fields.value("weekdays")?;
    fields.list("weekdays", value, WEEKDAYS.len(), |fields, name, value| {
        fields.code_of(name, value, WEEKDAYS, weekday_code)
    })
}

const WEEKDAYS: &[Weekday] = &[
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The word that a weekday is written as.
pub(crate) fn weekday_code(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

/// An object that may be left out.
fn inside<T>(
    fields: &mut Fields<'_, '_>,
    key: &str,
    read: impl Fn(&mut Fields<'_, '_>) -> Option<T>,
) -> Option<Option<T>> {
    let Some(value) = fields.optional(key) else { return Some(None) };
    let Json::Object(members) = value else {
        fields.fault(key, "must be an object");
        return None;
    };
    let mut inner = Fields::new(fields.name(&format!("{key}.")), members, fields.faults);
    let object = read(&mut inner);
    inner.finish();
    object.map(Some)
}

/// A list of objects that may be left out, each read by `read`.
fn objects<T>(
    fields: &mut Fields<'_, '_>,
    key: &str,
    longest: usize,
    read: fn(&mut Fields<'_, '_>) -> Option<T>,
) -> Option<Vec<T>> {
    match fields.optional(key) {
        None => Some(Vec::new()),
        Some(value) => objects_of(fields, key, value, longest, read),
    }
}

fn objects_of<'j, T>(
    fields: &mut Fields<'_, 'j>,
    key: &str,
    value: &Json<'j>,
    longest: usize,
    read: fn(&mut Fields<'_, '_>) -> Option<T>,
) -> Option<Vec<T>> {
    let items = fields.items(key, value, longest)?;
    let (mut objects, mut whole) = (Vec::with_capacity(items.len()), true);
    for (index, item) in items.iter().enumerate() {
        let name = format!("{key}[{index}]");
        let Json::Object(members) = item else {
            fields.fault(&name, "must be an object");
            whole = false;
            continue;
        };
        let mut inner = Fields::new(fields.name(&format!("{name}.")), members, fields.faults);
        match read(&mut inner) {
            Some(object) => objects.push(object),
            None => whole = false,
        }
        inner.finish();
    }
    whole.then_some(objects)
}

fn parts<'j>(fields: &mut Fields<'_, 'j>, key: &str, value: &Json<'j>) -> Option<Vec<DayPart>> {
    objects_of(fields, key, value, limits::PARTS, part)
}

fn part(fields: &mut Fields<'_, '_>) -> Option<DayPart> {
    let (from, to) = hours(fields);
    let minutes = fields.number("minutes", 1, limits::MINUTES);
    let places = places(fields);
    let rights = fields.rights("rights");
    let release = inside(fields, "release", |release| {
        let days_before = release.number("days_before", 0, limits::RELEASE_DAYS);
        let at = release.read("at", "a time as HH:MM", formats::time);
        let rights = release.rights("rights");
        Some(DayRelease { days_before: days_before?, at: at?, rights: rights? })
    });
    Some(DayPart { from: from?, to: to?, minutes: minutes?, places: places?, rights: rights?, release: release? })
}

fn pause(fields: &mut Fields<'_, '_>) -> Option<(Time, Time)> {
    let (from, to) = hours(fields);
    Some((from?, to?))
}

fn hours(fields: &mut Fields<'_, '_>) -> (Option<Time>, Option<Time>) {
    let from = fields.read("from", "a time as HH:MM", formats::time);
    let to = fields.read("to", "a time as HH:MM, or 24:00", formats::end_time);
    (from, to)
}

/// An exception: one day without `until`, days off without `parts`.
fn exception(fields: &mut Fields<'_, '_>) -> Option<Exception> {
    let from = fields.read("from", DATE, formats::date);
    let until = fields.read_optional("until", DATE, formats::date);
    let parts = match fields.optional("parts") {
        None => Some(Vec::new()),
        Some(value) => parts(fields, "parts", value),
    };
    let from = from?;
    Some(Exception { from, until: until?.unwrap_or(from), parts: parts? })
}
