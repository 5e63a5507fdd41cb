//! The tour: patients of the demo who each get another answer.

use jiff::civil::{Date, Time};
use talon_domain::{
    access::{Right, Rights},
    entry::EntryState,
    ids::{PersonId, ReferralKey, ResourceKey},
    person::age_on,
    referral::Referral,
    resource::Resource,
    slot::Slot,
};

use super::{book::Book, facilities::Place, patients::Who, region::Region};
use crate::specialties::{self as sp};

/// A patient of the demo, something to ask for on the channel Internet, and the answer to expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TourStop {
    /// Who asks.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// Age today, in whole years.
    pub age: u16,
    /// The referral to book by.
    pub referral: ReferralKey,
    /// The number printed on it.
    pub referral_number: String,
    /// What happens and why, in Russian; a refusal begins with its `Message_code`.
    pub what: String,
    /// МКОД of the facility to book in, for `lpu_code`.
    pub facility_code: String,
    /// With whom.
    pub resource: ResourceKey,
    /// Day, local to the facility.
    pub day: Date,
    /// Time, local to the facility.
    pub time: Time,
    /// `ok`, or the slug of the refusal.
    pub expected: &'static str,
}

/// Patient, owner of the referral, where, specialty, rights that the cell lists, expected, what happens.
type Line = (Who, Who, Place, &'static str, Right, &'static str, &'static str);

#[rustfmt::skip]
const LINES: [Line; 11] = [
    (Who::Sokolova, Who::Sokolova, Place::City, sp::OPHTHALMOLOGY, Right::Doctor, "ok",
        "можно записаться: по направлению своей поликлиники открыто и время врача, закрытое для самозаписи"),
    (Who::Ibragimov, Who::Ibragimov, Place::Regional, sp::CARDIOLOGY, Right::DoctorOtherLpu, "ok",
        "можно записаться: открыто и время для направленных из других организаций"),
    (Who::Stepanov, Who::Stepanov, Place::City, sp::CARDIOLOGY, Right::Internet, "ok",
        "можно записаться: диспансерный приём, пациент состоит на учёте у кардиолога"),
    (Who::Fyodorov, Who::Fyodorov, Place::Children, sp::OPHTHALMOLOGY, Right::Internet, "children-facility",
        "4005: пациенту уже 18 лет, а поликлиника детская"),
    (Who::Tkachenko, Who::Tkachenko, Place::City, sp::SURGERY, Right::Internet, "self-booking-barred",
        "4007: в карте стоит запрет самостоятельной записи"),
    (Who::Arutyunyan, Who::Arutyunyan, Place::City, sp::ENDOCRINOLOGY, Right::Internet, "dispensary-required",
        "4007: диспансерный приём, но на учёте у эндокринолога пациентка не состоит"),
    (Who::MorozovaZimina, Who::MorozovaZimina, Place::Regional, sp::NEUROLOGY, Right::DoctorOtherLpu, "specialty-limit",
        "4008: пациентка уже записана к неврологу в своей поликлинике"),
    (Who::Khasanova, Who::Khasanova, Place::Regional, sp::CARDIOLOGY, Right::DoctorOtherLpu, "age-group",
        "4029: этот кардиолог принимает с 18 лет"),
    (Who::Kim, Who::Kim, Place::East, sp::DERMATOLOGY, Right::Internet, "referral-expired",
        "4031: срок действия направления истёк"),
    (Who::Gavrilov, Who::Gavrilov, Place::City, sp::ULTRASOUND, Right::Internet, "time-taken",
        "4009: это время уже занято, в ответе предложено другое"),
    (Who::Shulga, Who::Tkachenko, Place::City, sp::SURGERY, Right::Internet, "referral-not-found",
        "4031: направление выдано другому пациенту"),
];

/// The stops, with the appointments that two of them need; their cells are kept out of the crowd's
/// reach. `None` if the tables did not fit together.
pub(super) fn tour(region: &Region, book: &mut Book<'_>) -> Option<Vec<TourStop>> {
    let mut stops = Vec::with_capacity(LINES.len());
    for line in &LINES {
        let (who, owner, place, specialty, right, expected, what) = *line;
        let person = region.named(who);
        let referral = region.first_referral(owner)?;
        let resource = region.resource(place, specialty)?;
        let slot = free_cell(region, book, resource, right)?;
        book.keep_free(slot.key);
        match expected {
            "time-taken" => take(region, book, Who::Ryabova, (slot, resource))?,
            "specialty-limit" => take_elsewhere(region, book, who, specialty)?,
            _ => {}
        }
        let facility = &region.facilities[place.index()];
        let start = facility.zone.local(slot.start);
        stops.push(TourStop {
            person: person.id,
            name: region.full_name(who),
            age: age_on(person.birth_date, region.today),
            referral: referral.key,
            referral_number: referral.number.clone(),
            what: what.to_owned(),
            facility_code: facility.mkod.to_string(),
            resource: resource.key,
            day: start.date(),
            time: start.time(),
            expected,
        });
    }
    Some(stops)
}

/// The first untouched cell of a resource that lists a right, the day after tomorrow or later:
/// ahead by hours at any moment of today, in every zone.
fn free_cell<'a>(region: &'a Region, book: &Book<'_>, resource: &Resource, right: Right) -> Option<&'a Slot> {
    let open = |slot: &&Slot| slot.rights.meet(Rights::of(&[right])) && region.is_safely_ahead(slot);
    region.slots_of(resource.key).filter(open).find(|slot| book.is_untouched(slot.key))
}

/// Somebody else has the cell, by a referral of their own.
fn take(region: &Region, book: &mut Book<'_>, who: Who, cell: (&Slot, &Resource)) -> Option<()> {
    let referral: &Referral = region.first_referral(who)?;
    book.enter(region.named(who).id, Some(referral.key), cell, EntryState::Booked);
    Some(())
}

/// The patient has an appointment of the specialty in their own polyclinic, booked without a
/// referral.
fn take_elsewhere(region: &Region, book: &mut Book<'_>, who: Who, specialty: &str) -> Option<()> {
    let resource = region.resource(Place::City, specialty)?;
    let slot = free_cell(region, book, resource, Right::Internet)?;
    book.enter(region.named(who).id, None, (slot, resource), EntryState::Booked);
    Some(())
}
