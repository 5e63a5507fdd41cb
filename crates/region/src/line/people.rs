//! Lines of people: person, card, referral.

use talon_domain::{
    email::Email,
    ids::{CardId, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, ResourceKey},
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
    resource::SpecialtyCode,
};

use super::{Line, reference::specialty_code};
use crate::{fields::Fields, formats, json::Json, limits};

pub(super) const DATE: &str = "a day as YYYY-MM-DD";

pub(super) fn person(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let id = fields.guid("guid", PersonId::parse);
    let family = fields.text("family", limits::NAME);
    let given = fields.text("given", limits::NAME);
    let patronymic = fields.text_optional("patronymic", limits::NAME);
    let birth_date = fields.read("birth_date", DATE, formats::date);
    let sex = fields.code("sex", Sex::ALL, Sex::code);
    let snils = fields.read_optional("snils", "11 digits, with or without hyphens and blanks", |text| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let good = digits == 11 && text.len() <= 14 && text.bytes().all(|b| b.is_ascii_digit() || b"- ".contains(&b));
        good.then(|| text.to_owned())
    });
    let policy = policy(fields);
    Some(Line::Person(Person {
        id: id?,
        family: family?,
        given: given?,
        patronymic: patronymic?,
        birth_date: birth_date?,
        sex: sex?,
        snils: snils?,
        policy: policy?,
    }))
}

fn policy(fields: &mut Fields<'_, '_>) -> Option<Policy> {
    let Json::Object(members) = fields.value("policy")? else {
        fields.fault("policy", "must be an object of series and number");
        return None;
    };
    let mut inner = Fields::new(fields.name("policy."), members, fields.faults);
    let series = inner.text_optional("series", limits::NUMBER);
    let number = inner.text("number", limits::NUMBER);
    inner.finish();
    Some(Policy { series: series?, number: number? })
}

pub(super) fn card(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let id = fields.guid("guid", CardId::parse);
    let person = fields.guid("person", PersonId::parse);
    let number = fields.text("number", limits::NUMBER);
    let self_booking_barred = fields.flag("self_booking_barred");
    let dispensary = dispensary(fields);
    let email = fields.read_optional("email", "one e-mail address", |text| Email::parse(text).ok());
    let phone = fields.text_optional("phone", limits::PHONE);
    Some(Line::Card(Card {
        facility: facility?,
        id: id?,
        person: person?,
        number: number?,
        self_booking_barred: self_booking_barred?,
        dispensary: dispensary?,
        email: email?,
        phone: phone?,
    }))
}

fn dispensary(fields: &mut Fields<'_, '_>) -> Option<Vec<SpecialtyCode>> {
    let Some(value) = fields.optional("dispensary") else { return Some(Vec::new()) };
    fields.list("dispensary", value, limits::DISPENSARY, |fields, name, value| {
        fields.text_of(name, value, limits::CODE).map(SpecialtyCode)
    })
}

pub(super) fn referral(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let facility = fields.guid("facility", FacilityId::parse);
    let referral = fields.guid("guid", ReferralId::parse);
    let number = fields.text("number", limits::NUMBER);
    let person = fields.guid("person", PersonId::parse);
    let kind = kind(fields);
    let specialty = specialty_code(fields, "specialty");
    let to_facility = fields.guid_optional("to_facility", FacilityId::parse);
    let resource = fields.guid_optional("resource", ResourceId::parse);
    let issued = fields.read("issued", DATE, formats::date);
    let valid_until = fields.read("valid_until", DATE, formats::date);
    let state = fields.code("state", ReferralState::ALL, ReferralState::code);
    if let (Some(issued), Some(valid_until)) = (issued, valid_until)
        && valid_until < issued
    {
        fields.fault("valid_until", "before issued");
    }
    let key = ReferralKey { facility: facility?, referral: referral? };
    let to_facility = to_facility?;
    let of = to_facility.unwrap_or(key.facility);
    Some(Line::Referral(Referral {
        key,
        number: number?,
        person: person?,
        kind: kind?,
        specialty: specialty?,
        to_facility,
        resource: resource?.map(|resource| ResourceKey { facility: of, resource }),
        issued: issued?,
        valid_until: valid_until?,
        state: state?,
    }))
}

/// The key must be there, its value may be null: a referral recorded without its kind.
fn kind(fields: &mut Fields<'_, '_>) -> Option<Option<ReferralKind>> {
    match fields.raw("kind") {
        Some(Json::Null) => Some(None),
        Some(value) => fields.code_of("kind", value, ReferralKind::ALL, ReferralKind::code).map(Some),
        None => {
            fields.fault("kind", "missing (null when it is not known)");
            None
        }
    }
}
