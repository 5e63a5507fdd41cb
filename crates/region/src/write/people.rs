//! Lines of people.

use talon_domain::{
    person::{Card, Person},
    referral::Referral,
};

use crate::object::{Object, string};

pub(super) fn person(object: &mut Object<'_>, person: &Person) {
    object
        .plain("guid", person.id)
        .text("family", &person.family)
        .text("given", &person.given)
        .text_optional("patronymic", person.patronymic.as_deref())
        .plain("birth_date", person.birth_date)
        .plain("sex", person.sex.code())
        .text_optional("snils", person.snils.as_deref());
    let mut policy = Object::begin(object.key("policy"));
    policy.text_optional("series", person.policy.series.as_deref()).text("number", &person.policy.number);
    policy.end();
}

pub(super) fn card(object: &mut Object<'_>, card: &Card) {
    object
        .plain("facility", card.facility)
        .plain("guid", card.id)
        .plain("person", card.person)
        .text("number", &card.number)
        .literal("self_booking_barred", if card.self_booking_barred { "true" } else { "false" })
        .list("dispensary", &card.dispensary, |out, code| string(out, &code.0))
        .text_optional("email", card.email.as_ref().map(|email| email.as_str()))
        .text_optional("phone", card.phone.as_deref());
}

pub(super) fn referral(object: &mut Object<'_>, referral: &Referral) {
    object
        .plain("facility", referral.key.facility)
        .plain("guid", referral.key.referral)
        .text("number", &referral.number)
        .plain("person", referral.person);
    match referral.kind {
        Some(kind) => object.plain("kind", kind.code()),
        None => object.literal("kind", "null"),
    };
    object
        .text("specialty", &referral.specialty.0)
        .plain_optional("to_facility", referral.to_facility)
        .plain_optional("resource", referral.resource.map(|key| key.resource))
        .plain("issued", referral.issued)
        .plain("valid_until", referral.valid_until)
        .plain("state", referral.state.code());
}
