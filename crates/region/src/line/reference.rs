//! Lines of reference data: specialty, facility, resource, client.

use std::fmt;

use talon_domain::{
    access::{Channel, Client, Function, Rights},
    facility::{Facility, Mkod, Serves},
    ids::{ClientId, FacilityId, ResourceId, ResourceKey},
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    zone::Zone,
};

use super::Line;
use crate::{fields::Fields, json::Json, limits};

/// A client application's line.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientLine {
    /// The client application.
    pub client: Client,
    /// The hash of its secret (argon2, in PHC form). A line without one leaves the stored one alone.
    pub secret_hash: Option<String>,
}

impl fmt::Debug for ClientLine {
    /// Without the hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}

pub(super) fn specialty(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let code = specialty_code(fields, "code");
    let name = fields.text("name", limits::NAME);
    let letter = fields.read("letter", "one or two letters", |text| {
        let good = (1..=2).contains(&text.chars().count()) && text.chars().all(char::is_alphabetic);
        good.then(|| text.to_owned())
    });
    Some(Line::Specialty(Specialty { code: code?, name: name?, letter: letter? }))
}

/// A specialty by its code.
pub(super) fn specialty_code(fields: &mut Fields<'_, '_>, key: &str) -> Option<SpecialtyCode> {
    fields.text(key, limits::CODE).map(SpecialtyCode)
}

pub(super) fn facility(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let id = fields.guid("guid", FacilityId::parse);
    let mkod = fields.read("mkod", "1 to 20 digits", |text| Mkod::parse(text).ok());
    let name = fields.text("name", limits::NAME);
    let serves = fields.code("serves", Serves::ALL, Serves::code);
    let zone = fields.read("zone", "an IANA time zone such as Europe/Moscow", |text| Zone::parse(text).ok());
    let schedule_days = fields.number("schedule_days", 0, limits::SCHEDULE_DAYS);
    let address = fields.text_optional("address", limits::ADDRESS);
    let phone = fields.text_optional("phone", limits::PHONE);
    Some(Line::Facility(Facility {
        id: id?,
        mkod: mkod?,
        name: name?,
        serves: serves?,
        zone: zone?,
        schedule_days: schedule_days?,
        address: address?,
        phone: phone?,
    }))
}

/// `facility` and `guid` or `resource`, as a resource's key.
pub(super) fn resource_key(fields: &mut Fields<'_, '_>, key: &str) -> Option<ResourceKey> {
    let facility = fields.guid("facility", FacilityId::parse);
    let resource = fields.guid(key, ResourceId::parse);
    Some(ResourceKey { facility: facility?, resource: resource? })
}

pub(super) fn resource(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let key = resource_key(fields, "guid");
    let kind = fields.code("kind", ResourceKind::ALL, ResourceKind::code);
    let name = fields.text("name", limits::NAME);
    let specialty = specialty_code(fields, "specialty");
    let room = fields.text_optional("room", limits::ROOM);
    let ages = fields.ages();
    Some(Line::Resource(Resource {
        key: key?,
        kind: kind?,
        name: name?,
        specialty: specialty?,
        room: room?,
        ages: ages?,
    }))
}

pub(super) fn client(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let id = fields.guid("guid", ClientId::parse);
    let name = fields.text("name", limits::NAME);
    let channel = fields.code("channel", Channel::ALL, Channel::code);
    let functions = functions(fields);
    let schedule_days = fields.number("schedule_days", 0, limits::SCHEDULE_DAYS);
    let secret_hash = fields.read_optional("secret_hash", "an argon2 hash in PHC form", |text| {
        let good =
            text.starts_with("$argon2") && text.len() <= limits::TEXT && text.bytes().all(|b| b.is_ascii_graphic());
        good.then(|| text.to_owned())
    });
    let client =
        Client { id: id?, name: name?, channel: channel?, functions: functions?, schedule_days: schedule_days? };
    Some(Line::Client(ClientLine { client, secret_hash: secret_hash? }))
}

/// An object of rights by function.
fn functions(fields: &mut Fields<'_, '_>) -> Option<Vec<(Function, Rights)>> {
    let Json::Object(members) = fields.value("functions")? else {
        fields.fault("functions", "must be an object of rights by function");
        return None;
    };
    let mut inner = Fields::new(fields.name("functions."), members, fields.faults);
    let (mut functions, mut whole) = (Vec::new(), true);
    // In the order of the line, so that a line that was written is read back as it was.
    for function in members.iter().filter_map(|(key, _)| Function::from_code(key)) {
        if functions.iter().any(|(other, _)| *other == function) {
            continue;
        }
        match inner.rights(function.code()) {
            Some(rights) => functions.push((function, rights)),
            None => whole = false,
        }
    }
    inner.finish();
    whole.then_some(functions)
}
