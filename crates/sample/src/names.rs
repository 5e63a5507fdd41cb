//! Names put together from lists, agreeing in gender, of the peoples that a Russian region has.

mod lists;

use talon_domain::person::Sex;

use lists::{ARMENIAN, Given, People, RUSSIAN, TATAR};

/// A person's name.
pub(crate) struct FullName {
    pub(crate) family: String,
    pub(crate) given: String,
    pub(crate) patronymic: Option<String>,
}

impl FullName {
    /// "Фамилия Имя Отчество".
    pub(crate) fn in_full(&self) -> String {
        match &self.patronymic {
            Some(patronymic) => format!("{} {} {patronymic}", self.family, self.given),
            None => format!("{} {}", self.family, self.given),
        }
    }
}

/// The name that `bits` (uniformly random) stand for; the given name is one of the fashion of the
/// year of birth. About one in a hundred has no patronymic, one woman in thirty a double surname.
pub(crate) fn made_up(bits: u64, sex: Sex, birth_year: i16) -> FullName {
    let mut bits = Bits(bits);
    let people = match bits.below(20) {
        0 => &ARMENIAN,
        1..=3 => &TATAR,
        _ => &RUSSIAN,
    };
    let given = pick(of_year(people, birth_year, sex), &mut bits);
    let patronymic = in_gender(pick(people.patronymics, &mut bits), sex);
    let family = family(people, sex, &mut bits);
    let patronymic = (bits.below(100) > 0).then(|| patronymic.to_owned());
    FullName { family, given: (*given).to_owned(), patronymic }
}

fn family(people: &People, sex: Sex, bits: &mut Bits) -> String {
    let own = in_gender(pick(people.families, bits), sex);
    let second = in_gender(pick(people.families, bits), sex);
    if sex == Sex::Female && own != second && bits.below(30) == 0 {
        return format!("{own}-{second}");
    }
    own.to_owned()
}

fn of_year(people: &'static People, year: i16, sex: Sex) -> &'static [&'static str] {
    let Given { male, female } = match year {
        ..1966 => &people.old,
        1966..2000 => &people.middle,
        _ => &people.young,
    };
    match sex {
        Sex::Male => male,
        Sex::Female => female,
    }
}

fn in_gender(pair: &(&'static str, &'static str), sex: Sex) -> &'static str {
    match sex {
        Sex::Male => pair.0,
        Sex::Female => pair.1,
    }
}

/// A store of random bits to draw from.
struct Bits(u64);

impl Bits {
    /// Below `count`; what is left of the bits serves the next draw.
    fn below(&mut self, count: usize) -> usize {
        let count = count.max(1) as u64;
        let drawn = self.0 % count;
        self.0 /= count;
        usize::try_from(drawn).unwrap_or(0)
    }
}

fn pick<'a, T>(list: &'a [T], bits: &mut Bits) -> &'a T {
    &list[bits.below(list.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_in_gender() {
        for step in 0..20_000_u64 {
            let bits = step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let man = made_up(bits, Sex::Male, 1980);
            let woman = made_up(bits, Sex::Female, 1980);
            for (name, ends) in [(man, ["ич"].as_slice()), (woman, ["вна", "чна"].as_slice())] {
                let patronymic = name.patronymic.as_deref().unwrap_or(ends[0]);
                assert!(ends.iter().any(|end| patronymic.ends_with(end)), "{}", name.in_full());
            }
        }
    }

    #[test]
    fn families_that_bend_are_given_in_both_genders() {
        for (man, woman) in [RUSSIAN.families, TATAR.families, ARMENIAN.families].concat() {
            let bent = match man {
                _ if man.ends_with("ов") || man.ends_with("ев") || man.ends_with("ёв") || man.ends_with("ин") =>
                {
                    format!("{man}а")
                }
                _ if man.ends_with("ий") => format!("{}ая", man.trim_end_matches("ий")),
                _ => man.to_owned(),
            };
            assert_eq!(woman, bent);
        }
    }
}
