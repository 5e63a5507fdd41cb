//! Patients and their cards.

use std::fmt;

use jiff::civil::Date;

use crate::{
    codes::codes,
    email::Email,
    ids::{CardId, FacilityId, PersonId},
    resource::SpecialtyCode,
};

codes! {
    /// Sex as the policy records it.
    pub enum Sex {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
    }
}

/// Policy of compulsory insurance: `s_pol` and `n_pol` of the token service.
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    /// Series; policies of the present form have none.
    pub series: Option<String>,
    /// Number.
    pub number: String,
}

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Guid, the `sub` of tokens.
    pub id: PersonId,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// Patronymic.
    pub patronymic: Option<String>,
    /// Date of birth.
    pub birth_date: Date,
    /// Sex.
    pub sex: Sex,
    /// Insurance number of the individual account.
    pub snils: Option<String>,
    /// Insurance policy.
    pub policy: Policy,
}

impl fmt::Debug for Person {
    /// Ids only: a person's data must not reach a log by way of `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({})", self.id)
    }
}

/// A patient's card (МКАБ): a person is known to a facility.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// The facility that keeps it.
    pub facility: FacilityId,
    /// Guid within the facility.
    pub id: CardId,
    /// Whose card it is.
    pub person: PersonId,
    /// Number printed on it.
    pub number: String,
    /// The patient may not book at a distance (first row of message 4007).
    pub self_booking_barred: bool,
    /// Specialties under which the patient is on the dispensary register.
    pub dispensary: Vec<SpecialtyCode>,
    /// Where confirmations go.
    pub email: Option<Email>,
    /// Telephone.
    pub phone: Option<String>,
}

impl fmt::Debug for Card {
    /// Ids only, as for [`Person`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card({} of {} in {})", self.id, self.person, self.facility)
    }
}

/// Whole years of age on a day. Born on 29 February, a person turns a year older on 1 March of a
/// common year (contract, section 9). A day before birth counts as age 0.
#[must_use]
pub fn age_on(birth_date: Date, day: Date) -> u16 {
    let had_birthday = (day.month(), day.day()) >= (birth_date.month(), birth_date.day());
    let years = i32::from(day.year()) - i32::from(birth_date.year()) - i32::from(!had_birthday);
    u16::try_from(years).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::age_on;

    #[test]
    fn a_year_older_on_the_birthday() {
        let born = date(2008, 4, 14);
        assert_eq!(age_on(born, date(2026, 4, 13)), 17);
        assert_eq!(age_on(born, date(2026, 4, 14)), 18);
    }

    #[test]
    fn born_on_29_february_a_year_older_on_1_march() {
        let born = date(2008, 2, 29);
        assert_eq!(age_on(born, date(2026, 2, 28)), 17);
        assert_eq!(age_on(born, date(2026, 3, 1)), 18);
        assert_eq!(age_on(born, date(2028, 2, 29)), 20);
    }

    #[test]
    fn before_birth_the_age_is_zero() {
        assert_eq!(age_on(date(2026, 4, 14), date(2025, 1, 1)), 0);
    }
}
