//! The demo's patients whom a table names.

use jiff::{ToSpan, civil::Date};
use talon_domain::{
    facility::Facility,
    ids::{CardId, PersonId},
    person::{Card, Person, Policy, Sex},
};

use super::{
    draw::{Draw, Topic},
    facilities::Place,
};
use crate::{
    calendar::shifted,
    specialties::{self as sp},
};

/// A patient by family name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Sokolova,
    Ibragimov,
    Stepanov,
    Fyodorov,
    Tkachenko,
    Arutyunyan,
    MorozovaZimina,
    Khasanova,
    Kim,
    Gavrilov,
    Shulga,
    Ryabova,
    Savitsky,
    Petrosyan,
    Vinogradova,
    Kuzmin,
    Yusupova,
    Orlov,
    Chernykh,
    Melnik,
    Titova,
}

use Place::{Children, City, Dental, District, East, Regional};
use Sex::{Female as F, Male as M};

type CardLine = (Place, bool, &'static [&'static str]);
type Line = (&'static str, &'static str, &'static str, Sex, u16, &'static [CardLine]);

/// In the order of [`Who`]: family, given name, patronymic ("" when there is none), sex, age today,
/// cards (facility, self-booking barred, dispensary register).
#[rustfmt::skip]
const LINES: [Line; 21] = [
    ("Соколова", "Наталья", "Ивановна", F, 46, &[(City, false, &[])]),
    ("Ибрагимов", "Тимур", "Маратович", M, 58, &[(District, false, &[]), (Regional, false, &[])]),
    ("Степанов", "Геннадий", "Михайлович", M, 66, &[(City, false, &[sp::CARDIOLOGY])]),
    ("Фёдоров", "Кирилл", "Алексеевич", M, 18, &[(Children, false, &[]), (City, false, &[])]),
    ("Ткаченко", "Валентина", "Степановна", F, 71, &[(City, true, &[])]),
    ("Арутюнян", "Гаяне", "Левоновна", F, 39, &[(City, false, &[sp::CARDIOLOGY])]),
    ("Морозова-Зимина", "Анна", "Дмитриевна", F, 33, &[(City, false, &[]), (Regional, false, &[])]),
    ("Хасанова", "Алия", "Руслановна", F, 9, &[(District, false, &[]), (Regional, false, &[])]),
    ("Ким", "Виктория", "", F, 27, &[(East, false, &[])]),
    ("Гаврилов", "Павел", "Сергеевич", M, 52, &[(City, false, &[])]),
    ("Шульга", "Оксана", "Петровна", F, 44, &[(City, false, &[]), (Dental, false, &[])]),
    ("Рябова", "Вера", "Николаевна", F, 63, &[(City, false, &[sp::ENDOCRINOLOGY])]),
    ("Савицкий", "Игорь", "Леонидович", M, 49, &[(City, false, &[]), (Regional, false, &[])]),
    ("Петросян", "Артур", "Каренович", M, 14, &[(Children, false, &[sp::SURGERY])]),
    ("Виноградова", "Полина", "Андреевна", F, 5, &[(Children, false, &[])]),
    ("Кузьмин", "Олег", "Викторович", M, 37, &[(City, false, &[]), (Dental, false, &[])]),
    ("Юсупова", "Гульнара", "Фаридовна", F, 55, &[(East, false, &[sp::DERMATOLOGY]), (Regional, false, &[])]),
    ("Орлов", "Матвей", "Романович", M, 0, &[(District, false, &[])]),
    ("Черных", "Людмила", "Васильевна", F, 82, &[(District, true, &[sp::SURGERY])]),
    ("Мельник", "Денис", "Юрьевич", M, 29, &[(East, false, &[])]),
    ("Титова", "Алиса", "Максимовна", F, 17, &[(Children, false, &[]), (Regional, false, &[])]),
];

/// The named patients, in the order of [`Who`], and their cards.
pub(super) fn patients(facilities: &[Facility], today: Date) -> (Vec<Person>, Vec<Card>) {
    let (mut guids, mut card_guids) = (Draw::of(Topic::Patients), Draw::of(Topic::Cards));
    let (mut persons, mut cards) = (Vec::new(), Vec::new());
    for (number, (family, given, patronymic, sex, age, card_lines)) in (1..).zip(LINES) {
        let person = Person {
            id: PersonId(guids.guid()),
            family: family.to_owned(),
            given: given.to_owned(),
            patronymic: (!patronymic.is_empty()).then(|| patronymic.to_owned()),
            birth_date: born(today, age, number),
            sex,
            snils: Some(snils(number)),
            policy: policy(number),
        };
        for (place, self_booking_barred, dispensary) in card_lines {
            let serial = cards.len() + 1;
            cards.push(Card {
                facility: facilities[place.index()].id,
                id: CardId(card_guids.guid()),
                person: person.id,
                number: format!("{serial:06}"),
                self_booking_barred: *self_booking_barred,
                dispensary: dispensary.iter().map(|code| sp::code(code)).collect(),
                email: None,
                phone: Some(format!("+7 (000) 555-00-{:02}", number % 100)),
            });
        }
        persons.push(person);
    }
    (persons, cards)
}

/// A date of birth that makes somebody `age` today and for the next month and a half at least, so
/// that nobody grows out of what the demo shows of them.
pub(super) fn born(today: Date, age: u16, number: u32) -> Date {
    let since_birthday = i32::try_from(20 + number.wrapping_mul(37) % 300).unwrap_or(20);
    shifted(today, -since_birthday).saturating_sub(i32::from(age).years())
}

/// Numbers up to 001-001-998 have no check digits and are not given out.
pub(super) fn snils(number: u32) -> String {
    format!("000-000-{:03} 00", number % 1000)
}

/// One in nine still has a policy of the old form, with a series.
pub(super) fn policy(number: u32) -> Policy {
    if number % 9 == 8 {
        return Policy { series: Some("00-АЯ".to_owned()), number: format!("{:06}", 100_000 + number) };
    }
    Policy { series: None, number: format!("0000{:012}", u64::from(number) * 7_919_000_123 % 1_000_000_000_000) }
}

impl Who {
    /// Their place in a list in the order of declaration.
    pub(super) fn index(self) -> usize {
        self as usize
    }
}
