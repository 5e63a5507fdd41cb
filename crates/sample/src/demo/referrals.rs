//! The demo's referrals: the named patients' by a table, the crowd's by chance.

use jiff::civil::Date;
use talon_domain::{
    facility::Facility,
    ids::{ReferralId, ReferralKey},
    person::{Card, Person, age_on},
    referral::{Referral, ReferralKind, ReferralState},
    resource::ResourceKind,
};

use super::{
    draw::{Draw, Topic},
    facilities::Place,
    patients::Who,
    staff::Employed,
};
use crate::{
    calendar::shifted,
    specialties::{self as sp},
};

use Place::{Children, City, Dental, District, East, Regional};
use ReferralState::{Active, Closed};

const CONSULTATION: Option<ReferralKind> = Some(ReferralKind::Consultation);
const DIAGNOSTIC: Option<ReferralKind> = Some(ReferralKind::Diagnostic);
const DUVISIT: Option<ReferralKind> = Some(ReferralKind::Duvisit);

/// Patient, issuer, kind, specialty, target facility, room of the named resource, first and last
/// day of validity counted from today, state.
type Line =
    (Who, Place, Option<ReferralKind>, &'static str, Option<Place>, Option<&'static str>, (i32, i32), ReferralState);

/// A patient's first line is the one that the tour uses.
#[rustfmt::skip]
const LINES: [Line; 25] = [
    (Who::Sokolova, City, CONSULTATION, sp::OPHTHALMOLOGY, None, None, (-6, 54), Active),
    (Who::Ibragimov, District, CONSULTATION, sp::CARDIOLOGY, Some(Regional), None, (-12, 78), Active),
    (Who::Stepanov, City, DUVISIT, sp::CARDIOLOGY, None, None, (-20, 70), Active),
    (Who::Fyodorov, Children, CONSULTATION, sp::OPHTHALMOLOGY, None, None, (-25, 65), Active),
    (Who::Tkachenko, City, CONSULTATION, sp::SURGERY, None, None, (-4, 56), Active),
    (Who::Arutyunyan, City, DUVISIT, sp::ENDOCRINOLOGY, None, None, (-9, 51), Active),
    (Who::MorozovaZimina, City, CONSULTATION, sp::NEUROLOGY, Some(Regional), None, (-3, 57), Active),
    (Who::Khasanova, District, CONSULTATION, sp::CARDIOLOGY, Some(Regional), None, (-8, 52), Active),
    (Who::Kim, East, CONSULTATION, sp::DERMATOLOGY, None, None, (-65, -5), Active),
    (Who::Gavrilov, City, DIAGNOSTIC, sp::ULTRASOUND, None, None, (-2, 58), Active),
    (Who::Shulga, City, CONSULTATION, sp::SURGERY, None, None, (-7, 53), Active),
    (Who::Ryabova, City, DIAGNOSTIC, sp::ULTRASOUND, None, None, (-25, 35), Active),
    (Who::Ryabova, City, DUVISIT, sp::ENDOCRINOLOGY, None, None, (-25, 65), Active),
    (Who::Savitsky, City, CONSULTATION, sp::UROLOGY, Some(Regional), Some("410"), (-5, 55), Active),
    (Who::Petrosyan, Children, DUVISIT, sp::SURGERY, None, Some("21"), (-15, 45), Active),
    (Who::Vinogradova, Children, DIAGNOSTIC, sp::LABORATORY, None, None, (-1, 29), Active),
    (Who::Kuzmin, City, CONSULTATION, sp::DENTISTRY, Some(Dental), None, (-14, 46), Closed),
    (Who::Kuzmin, City, None, sp::CARDIOLOGY, None, None, (-11, 49), Active),
    (Who::Yusupova, East, CONSULTATION, sp::ENDOCRINOLOGY, Some(Regional), None, (7, 67), Active),
    (Who::Yusupova, East, DUVISIT, sp::DERMATOLOGY, None, None, (-30, 60), Active),
    (Who::Orlov, District, CONSULTATION, sp::PAEDIATRICS, None, None, (-2, 28), Active),
    (Who::Chernykh, District, DUVISIT, sp::SURGERY, None, None, (-18, 42), Active),
    (Who::Melnik, East, CONSULTATION, sp::ENT, None, None, (-22, 38), Active),
    (Who::Titova, Children, DIAGNOSTIC, sp::RADIOLOGY, Some(Regional), None, (-6, 24), Active),
    (Who::Titova, Children, CONSULTATION, sp::ENT, None, None, (-6, 54), Closed),
];

/// Every named patient's referrals, then the crowd's.
pub(super) fn referrals(
    facilities: &[Facility],
    staff: &[Employed],
    (named, crowd): (&[Person], &[Person]),
    cards: &[Card],
    today: Date,
) -> Vec<Referral> {
    let mut draw = Draw::of(Topic::Referrals);
    let mut referrals: Vec<Referral> = Vec::new();
    for (who, issuer, kind, specialty, target, room, (issued, until), state) in LINES {
        let at = target.unwrap_or(issuer);
        let is_named = |employed: &&Employed| employed.place == at && employed.resource.room.as_deref() == room;
        let issued = shifted(today, issued);
        referrals.push(Referral {
            key: ReferralKey { facility: facilities[issuer.index()].id, referral: ReferralId(draw.guid()) },
            number: number(issued, referrals.len()),
            person: named[who.index()].id,
            kind,
            specialty: sp::code(specialty),
            to_facility: target.map(|target| facilities[target.index()].id),
            resource: room.and_then(|_| staff.iter().find(is_named)).map(|employed| employed.resource.key),
            issued,
            valid_until: shifted(today, until),
            state,
        });
    }
    for person in crowd.iter() {
        let cards: Vec<&Card> = cards.iter().filter(|card| card.person == person.id).collect();
        if let Some(referral) = by_chance(person, &cards, staff, today, referrals.len(), &mut draw) {
            referrals.push(referral);
        }
    }
    referrals
}

/// A referral of somebody's home facility to somebody who takes their age, where they have a card.
fn by_chance(
    person: &Person,
    cards: &[&Card],
    staff: &[Employed],
    today: Date,
    serial: usize,
    draw: &mut Draw,
) -> Option<Referral> {
    let home = cards.first()?;
    let known = |employed: &&Employed| cards.iter().any(|card| card.facility == employed.resource.key.facility);
    let fit = |employed: &&Employed| employed.resource.ages.admit(age_on(person.birth_date, today));
    let candidates: Vec<&Employed> = staff.iter().filter(known).filter(fit).collect();
    let (issued, valid_until) = validity(today, draw);
    let resource = &draw.pick(&candidates)?.resource;
    let kind = match resource.kind {
        ResourceKind::Doctor if home.dispensary.contains(&resource.specialty) => ReferralKind::Duvisit,
        ResourceKind::Doctor => ReferralKind::Consultation,
        ResourceKind::Room | ResourceKind::Equipment => ReferralKind::Diagnostic,
    };
    Some(Referral {
        key: ReferralKey { facility: home.facility, referral: ReferralId(draw.guid()) },
        number: number(issued, serial),
        person: person.id,
        kind: Some(kind),
        specialty: resource.specialty.clone(),
        to_facility: (resource.key.facility != home.facility).then_some(resource.key.facility),
        resource: draw.percent(5).then_some(resource.key),
        issued,
        valid_until,
        state: if draw.percent(4) { Closed } else { Active },
    })
}

/// When a referral was issued and how long it is good for: one in ten only for a fortnight.
fn validity(today: Date, draw: &mut Draw) -> (Date, Date) {
    let ago = i32::try_from(1 + draw.below(45)).unwrap_or(1);
    let good_for = if draw.percent(10) { 14 } else { 60 };
    (shifted(today, -ago), shifted(today, good_for - ago))
}

/// The year and a serial number, as facilities print them.
fn number(issued: Date, serial: usize) -> String {
    format!("{:02}-{:06}", issued.year().rem_euclid(100), 4_100 + serial * 17)
}
