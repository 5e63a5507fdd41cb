//! Models that several answers share.

use serde::Serialize;
use talon_app::EntryView;
use talon_domain::{
    facility::Facility,
    ids::ResourceKey,
    resource::{Resource, Specialty, SpecialtyCode},
};

use crate::local_text::{iso_day, minute};

/// A facility. It says nothing of the person.
#[derive(Serialize)]
pub(crate) struct LpuDto<'a> {
    guid: String,
    code: &'a str,
    title: &'a str,
    address: Option<&'a str>,
    phone: Option<&'a str>,
}

impl<'a> LpuDto<'a> {
    pub(crate) fn of(facility: &'a Facility) -> Self {
        Self {
            guid: facility.id.to_string(),
            code: facility.mkod.as_str(),
            title: &facility.name,
            address: facility.address.as_deref(),
            phone: facility.phone.as_deref(),
        }
    }
}

/// A specialty.
#[derive(Serialize)]
pub(crate) struct SpecialityDto<'a> {
    code: &'a str,
    name: &'a str,
}

impl<'a> SpecialityDto<'a> {
    /// One that is not known any more is called by its code.
    pub(crate) fn of(code: &'a SpecialtyCode, specialty: Option<&'a Specialty>) -> Self {
        Self { code: &code.0, name: specialty.map_or(&code.0, |specialty| &specialty.name) }
    }
}

/// With whom or what a visit is.
#[derive(Serialize)]
pub(crate) struct DoctorDto<'a> {
    resource_id: String,
    #[serde(rename = "displayName")]
    display_name: &'a str,
    room: Option<&'a str>,
}

impl<'a> DoctorDto<'a> {
    /// One that is not known any more has no name.
    pub(crate) fn of(key: ResourceKey, resource: Option<&'a Resource>) -> Self {
        Self {
            resource_id: key.to_string(),
            display_name: resource.map_or("", |resource| &resource.name),
            room: resource.and_then(|resource| resource.room.as_deref()),
        }
    }
}

/// When, where and with whom a visit is.
#[derive(Serialize)]
pub(crate) struct EntryDto<'a> {
    #[serde(rename = "Entry_id")]
    entry_id: String,
    #[serde(rename = "Ticket")]
    ticket: &'a str,
    day: String,
    time: String,
    lpu: LpuDto<'a>,
    doctor: DoctorDto<'a>,
}

impl<'a> EntryDto<'a> {
    pub(crate) fn of(view: &'a EntryView) -> Self {
        let EntryView { entry, facility, resource, .. } = view;
        let local = facility.zone.local(entry.start);
        let key = ResourceKey { facility: facility.id, resource: entry.resource };
        Self {
            entry_id: entry.key.to_string(),
            ticket: &entry.ticket.0,
            day: iso_day(local.date()),
            time: minute(local.time()),
            lpu: LpuDto::of(facility),
            doctor: DoctorDto::of(key, resource.as_deref()),
        }
    }
}
