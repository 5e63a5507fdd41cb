//! Lines of reference data.

use talon_domain::{
    facility::Facility,
    resource::{Resource, Specialty},
};

use crate::{ClientLine, object::Object};

pub(super) fn specialty(object: &mut Object<'_>, specialty: &Specialty) {
    object.text("code", &specialty.code.0).text("name", &specialty.name).text("letter", &specialty.letter);
}

pub(super) fn facility(object: &mut Object<'_>, facility: &Facility) {
    object
        .plain("guid", facility.id)
        .plain("mkod", &facility.mkod)
        .text("name", &facility.name)
        .plain("serves", facility.serves.code())
        .text("zone", facility.zone.name())
        .number("schedule_days", facility.schedule_days)
        .text_optional("address", facility.address.as_deref())
        .text_optional("phone", facility.phone.as_deref());
}

pub(super) fn resource(object: &mut Object<'_>, resource: &Resource) {
    object
        .plain("facility", resource.key.facility)
        .plain("guid", resource.key.resource)
        .plain("kind", resource.kind.code())
        .text("name", &resource.name)
        .text("specialty", &resource.specialty.0)
        .text_optional("room", resource.room.as_deref())
        .ages(resource.ages);
}

pub(super) fn client(object: &mut Object<'_>, line: &ClientLine) {
    let client = &line.client;
    object.plain("guid", client.id).text("name", &client.name).plain("channel", client.channel.code());
    let mut functions = Object::begin(object.key("functions"));
    for (function, rights) in &client.functions {
        functions.rights(function.code(), *rights);
    }
    functions.end();
    object.number("schedule_days", client.schedule_days).text_optional("secret_hash", line.secret_hash.as_deref());
}
