//! Persons of a generated region, with their cards and referrals.

use talon_domain::{
    facility::Serves,
    ids::{CardId, PersonId, ReferralId, ReferralKey},
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
    resource::ResourceKind,
};
use talon_store::Record;

use super::{
    mix::{Topic, guid, number},
    plan::{Plan, SLACK_DAYS, Seat},
    staff::{first_line, kind, specialty},
};
use crate::{
    calendar::shifted,
    names::made_up,
    specialties::{self as sp},
};

/// What is drawn for a person before any record is made.
pub(super) struct Profile {
    n: u64,
    /// Whom the person's first referral is to.
    pub(super) seat: Seat,
    /// How many persons before have one to the same.
    pub(super) turn: u64,
    /// Where they have a second card, if anywhere.
    second: Option<usize>,
    /// Which facility issued the first referral.
    issuer: usize,
    kind: ReferralKind,
    specialty: &'static str,
    child: bool,
    shape: u64,
}

impl Profile {
    /// The n-th person's; `None` in a region without resources.
    pub(super) fn of(plan: &Plan, n: u64) -> Option<Self> {
        let (seat, turn) = plan.seat_of_person(n)?;
        let home = plan.facilities[seat.facility].serves;
        let specialty = specialty(home, seat.resource);
        let shape = number(plan.options.seed, Topic::PersonShape, n);
        let child = match (home, specialty) {
            (Serves::Children, _) | (_, sp::PAEDIATRICS) => true,
            (Serves::All, sp::SURGERY | sp::OPHTHALMOLOGY | sp::ENT | sp::DENTISTRY) => shape.is_multiple_of(4),
            _ => false,
        };
        let second = second_facility(plan, seat.facility, child, shape >> 8);
        let from_elsewhere = second.filter(|_| shape >> 4 & 1 == 0);
        let kind = match kind(specialty) {
            ResourceKind::Doctor if shape >> 5 & 7 == 0 => ReferralKind::Duvisit,
            ResourceKind::Doctor => ReferralKind::Consultation,
            ResourceKind::Room | ResourceKind::Equipment => ReferralKind::Diagnostic,
        };
        let issuer = from_elsewhere.unwrap_or(seat.facility);
        Some(Self { n, seat, turn, second, issuer, kind, specialty, child, shape })
    }

    pub(super) fn person(&self, plan: &Plan) -> PersonId {
        PersonId(guid(plan.options.seed, Topic::Person, self.n))
    }

    /// The key of the first referral.
    pub(super) fn referral(&self, plan: &Plan) -> ReferralKey {
        self.referral_key(plan, self.issuer, Topic::Referral)
    }

    /// The specialty of the first referral.
    pub(super) fn specialty(&self) -> &'static str {
        self.specialty
    }

    /// Person, cards, referrals.
    pub(super) fn records(&self, plan: &Plan) -> Vec<Record> {
        let mut records = Vec::with_capacity(5);
        records.push(Record::Person(self.whole_person(plan)));
        let facilities = [Some(self.seat.facility), self.second];
        records.extend(facilities.into_iter().flatten().map(|facility| Record::Card(self.card(plan, facility))));
        records.push(Record::Referral(self.first_referral(plan)));
        if self.kind != ReferralKind::Consultation {
            records.push(Record::Referral(self.further_referral(plan)));
        }
        records
    }

    fn whole_person(&self, plan: &Plan) -> Person {
        let seed = plan.options.seed;
        let sex = match (self.specialty, self.shape >> 40 & 1) {
            (sp::GYNAECOLOGY, _) | (_, 0) => Sex::Female,
            _ => Sex::Male,
        };
        // Children are young enough to stay children, and in the care of a paediatrician, for years.
        let youngest = if self.child { 0 } else { 19 };
        let years = if self.child { 14 } else { 70 };
        let age_in_days = youngest * 366 + (self.shape >> 41) % (years * 365);
        let birth_date = shifted(plan.options.start, i32::try_from(age_in_days).map_or(0, |days| -1 - SLACK - days));
        let name = made_up(number(seed, Topic::PersonName, self.n), sex, birth_date.year());
        Person {
            id: self.person(plan),
            family: name.family,
            given: name.given,
            patronymic: name.patronymic,
            birth_date,
            sex,
            snils: None,
            policy: Policy { series: None, number: policy_number(seed, self.n) },
        }
    }

    fn card(&self, plan: &Plan, facility: usize) -> Card {
        let observed = facility == self.seat.facility && self.kind == ReferralKind::Duvisit;
        let place = self.n.wrapping_mul(2) + u64::from(facility != self.seat.facility);
        Card {
            facility: plan.facilities[facility].id,
            id: CardId(guid(plan.options.seed, Topic::Card, place)),
            person: self.person(plan),
            number: format!("{:07}", self.n),
            self_booking_barred: false,
            dispensary: observed.then(|| sp::code(self.specialty)).into_iter().collect(),
            email: None,
            phone: None,
        }
    }

    fn first_referral(&self, plan: &Plan) -> Referral {
        let home = self.seat.facility;
        let target = (self.issuer != home).then(|| plan.facilities[home].id);
        Referral { to_facility: target, ..self.referral_to(plan, self.referral(plan), self.kind, self.specialty) }
    }

    /// A consultation, for those whose first referral is to something else.
    fn further_referral(&self, plan: &Plan) -> Referral {
        let home = self.seat.facility;
        let key = self.referral_key(plan, home, Topic::FurtherReferral);
        let specialty = first_line(plan.facilities[home].serves, self.child);
        let number = format!("{:010}-2", self.n);
        Referral { number, ..self.referral_to(plan, key, ReferralKind::Consultation, specialty) }
    }

    fn referral_to(&self, plan: &Plan, key: ReferralKey, kind: ReferralKind, specialty: &str) -> Referral {
        let start = plan.options.start;
        Referral {
            key,
            number: format!("{:010}", self.n),
            person: self.person(plan),
            kind: Some(kind),
            specialty: sp::code(specialty),
            to_facility: None,
            resource: None,
            issued: shifted(start, -SLACK),
            valid_until: shifted(start, i32::from(plan.options.days) + SLACK),
            state: ReferralState::Active,
        }
    }

    fn referral_key(&self, plan: &Plan, issuer: usize, topic: Topic) -> ReferralKey {
        let referral = ReferralId(guid(plan.options.seed, topic, self.n));
        ReferralKey { facility: plan.facilities[issuer].id, referral }
    }
}

const SLACK: i32 = SLACK_DAYS as i32;

/// Half of the persons have a card elsewhere, if that is for their age.
fn second_facility(plan: &Plan, home: usize, child: bool, bits: u64) -> Option<usize> {
    let others = plan.facilities.len().checked_sub(1).filter(|others| *others > 0)?;
    if bits & 1 == 1 {
        return None;
    }
    let other = (home + 1 + usize::try_from(bits >> 1).ok()? % others) % plan.facilities.len();
    let fits = match plan.facilities[other].serves {
        Serves::All => true,
        Serves::Children => child,
        Serves::Adults => !child,
    };
    fits.then_some(other)
}

/// Sixteen digits, another number for each of the first 10¹⁵ persons.
fn policy_number(seed: u64, n: u64) -> String {
    const COUNT: u128 = 1_000_000_000_000_000;
    // Odd and no multiple of 5: multiplying by it permutes the remainders.
    const FACTOR: u128 = 618_033_988_749_897;
    let offset = u128::from(number(seed, Topic::Policy, 0));
    format!("9{:015}", (u128::from(n) * FACTOR + offset) % COUNT)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::policy_number;

    #[test]
    fn policy_numbers_have_sixteen_digits_and_are_distinct() {
        let numbers: HashSet<String> = (0..100_000).map(|n| policy_number(3, n)).collect();
        assert_eq!(numbers.len(), 100_000);
        assert!(numbers.iter().all(|number| number.len() == 16));
    }
}
