//! Patients of the demo without a role of their own: they fill the schedule.

use jiff::civil::Date;
use talon_domain::{
    email::Email,
    facility::Facility,
    ids::{CardId, PersonId},
    person::{Card, Person, Sex},
    resource::SpecialtyCode,
};

use super::{
    draw::{Draw, Topic},
    facilities::Place,
    patients::{born, policy, snils},
};
use crate::{
    names::made_up,
    specialties::{self as sp},
};

/// How many they are.
const CROWD: u32 = 140;

/// Numbers of the crowd start here, so that no policy or card repeats one of a named patient.
const FIRST_NUMBER: u32 = 201;

/// The crowd and its cards: one in the home facility, for some a second one elsewhere.
pub(super) fn crowd(facilities: &[Facility], today: Date) -> (Vec<Person>, Vec<Card>) {
    let mut draw = Draw::of(Topic::Crowd);
    let (mut persons, mut cards) = (Vec::new(), Vec::new());
    for number in FIRST_NUMBER..FIRST_NUMBER + CROWD {
        let child = draw.percent(35);
        let age = if child { draw.below(18) } else { 18 + draw.below(72) };
        let age = u16::try_from(age).unwrap_or_default();
        let sex = if draw.percent(54) { Sex::Female } else { Sex::Male };
        // Given names go by the age as if it were always the same year: the same guid keeps its name.
        let name = made_up(draw.bits(), sex, 2026 - age.cast_signed());
        let person = Person {
            id: PersonId(draw.guid()),
            family: name.family,
            given: name.given,
            patronymic: name.patronymic,
            birth_date: born(today, age, number),
            sex,
            snils: draw.percent(80).then(|| snils(number)),
            policy: policy(number),
        };
        let home = home(child, &mut draw);
        let elsewhere = draw.percent(40).then(|| if draw.percent(60) { Place::Regional } else { Place::Dental });
        for (nth, place) in [Some(home), elsewhere].into_iter().flatten().enumerate() {
            cards.push(Card {
                facility: facilities[place.index()].id,
                id: CardId(draw.guid()),
                person: person.id,
                number: format!("{:06}", number * 10 + u32::try_from(nth).unwrap_or_default()),
                self_booking_barred: draw.percent(3),
                dispensary: register(home == place && !child, &mut draw),
                email: draw.percent(30).then(|| Email::parse(&format!("patient{number}@example.com")).ok()).flatten(),
                phone: Some(format!("+7 (000) 555-{:02}-{:02}", number / 100, number % 100)),
            });
        }
        persons.push(person);
    }
    (persons, cards)
}

fn home(child: bool, draw: &mut Draw) -> Place {
    let chance = draw.below(100);
    match (child, chance) {
        (true, ..65) => Place::Children,
        (false, ..50) => Place::City,
        (false, 50..75) => Place::East,
        _ => Place::District,
    }
}

fn register(may: bool, draw: &mut Draw) -> Vec<SpecialtyCode> {
    if !may || !draw.percent(20) {
        return Vec::new();
    }
    draw.pick(&[sp::CARDIOLOGY, sp::ENDOCRINOLOGY, sp::NEUROLOGY]).map(|code| sp::code(code)).into_iter().collect()
}
