//! What a request names, turned into keys.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::Deserialize;
use talon_domain::ids::{ReferralKey, ResourceKey};
use uuid::Uuid;

/// The fields that Talon's contract has.
#[derive(Deserialize)]
struct Body<'a> {
    direction_id: &'a str,
    resource_id: &'a str,
    day: &'a str,
    time: &'a str,
}

/// A booking to write. Nobody looks whether any of it exists.
pub(super) struct Booking {
    pub(super) person: Uuid,
    pub(super) referral: ReferralKey,
    pub(super) resource: ResourceKey,
    pub(super) slot: Uuid,
    pub(super) specialty: &'static str,
    pub(super) day: Date,
    pub(super) start: Timestamp,
    pub(super) entry: Uuid,
    pub(super) audit: Uuid,
    pub(super) request: Uuid,
    pub(super) now: Timestamp,
}

/// Codes as long as a real region's; as many as one has.
const SPECIALTIES: [&str; 16] =
    ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25"];

impl Booking {
    /// Reads a body; `None` when it is not one.
    pub(super) fn read(person: Uuid, body: &[u8], now: Timestamp) -> Option<Self> {
        let body: Body<'_> = serde_json::from_slice(body).ok()?;
        let resource = ResourceKey::parse(body.resource_id).ok()?;
        let (day, time): (Date, Time) = (body.day.parse().ok()?, body.time.parse().ok()?);
        let start = TimeZone::UTC.to_timestamp(day.to_datetime(time)).ok()?;
        let resource_bits = resource.resource.0.as_u128();
        let specialty = usize::try_from(resource_bits % SPECIALTIES.len() as u128).ok()?;
        Some(Self {
            person,
            referral: ReferralKey::parse(body.direction_id).ok()?,
            resource,
            slot: slot(resource_bits, start),
            specialty: SPECIALTIES[specialty],
            day,
            start,
            entry: Uuid::now_v7(),
            audit: Uuid::now_v7(),
            request: Uuid::new_v4(),
            now,
        })
    }
}

/// A guid of its own for each cell, as scattered as real ones are.
fn slot(resource: u128, start: Timestamp) -> Uuid {
    let minutes = u128::from(start.as_second().unsigned_abs() / 60);
    Uuid::from_u128(resource ^ minutes.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}
