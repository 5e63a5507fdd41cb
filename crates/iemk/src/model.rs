//! Models that several answers share.

use serde::Serialize;
use talon_domain::facility::Facility;

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
