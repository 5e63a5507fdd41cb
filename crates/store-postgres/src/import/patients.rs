//! Persons, cards and referrals of a page.

use std::collections::HashMap;

use talon_domain::{
    email::Email,
    person::{Card, Person},
    referral::{Referral, ReferralKind},
};
use talon_store::{PageFacts, StoreError};

use crate::{
    columns::{column, guids},
    failure::{Failure, Result},
    locks::Locks,
    transaction::Tx,
};

pub(super) async fn put_persons(tx: &Tx, persons: &[&Person]) -> Result<()> {
    if persons.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO person \
         (person, family, given, patronymic, birth_date, sex, snils, policy_series, policy_number) \
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::text[], $9::text[]) \
         ON CONFLICT (person) DO UPDATE SET family = excluded.family, given = excluded.given, \
         patronymic = excluded.patronymic, birth_date = excluded.birth_date, sex = excluded.sex, \
         snils = excluded.snils, policy_series = excluded.policy_series, policy_number = excluded.policy_number \
         WHERE (person.family, person.given, person.patronymic, person.birth_date, person.sex, person.snils, \
         person.policy_series, person.policy_number) IS DISTINCT FROM (excluded.family, excluded.given, \
         excluded.patronymic, excluded.birth_date, excluded.sex, excluded.snils, excluded.policy_series, \
         excluded.policy_number)",
        params![
            guids(persons, |person| person.id.0),
            column(persons, |person| person.family.as_str()),
            column(persons, |person| person.given.as_str()),
            column(persons, |person| person.patronymic.as_deref()),
            column(persons, |person| person.birth_date.to_string()),
            column(persons, |person| person.sex.code()),
            column(persons, |person| person.snils.as_deref()),
            column(persons, |person| person.policy.series.as_deref()),
            column(persons, |person| person.policy.number.as_str()),
        ],
    )
    .await
}

/// A card is known by its guid; the person that it belongs to may be corrected. One that is as it shall
/// be is left alone.
pub(super) async fn put_cards(tx: &Tx, cards: &[&Card], facts: &PageFacts) -> Result<()> {
    let stored: HashMap<_, _> = facts.cards.values().map(|card| ((card.facility, card.id), card)).collect();
    let (mut moved, mut changed, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for card in cards {
        match stored.get(&(card.facility, card.id)) {
            Some(stored) if stored == card => {}
            Some(stored) if stored.person == card.person => changed.push(*card),
            stored => {
                moved.extend(stored.copied());
                added.push(*card);
            }
        }
    }
    delete_cards(tx, &moved).await?;
    let written = update_cards(tx, &changed).await? + insert_cards(tx, &added).await?;
    if written == (changed.len() + added.len()) as u64 {
        return Ok(());
    }
    Err(Failure::Again("a card of the page was added or given to another person by another import".to_owned()))
}

async fn delete_cards(tx: &Tx, cards: &[&Card]) -> Result<()> {
    if cards.is_empty() {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM card c USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(facility, person, card) \
         WHERE c.facility = q.facility AND c.person = q.person AND c.card = q.card",
        params![
            guids(cards, |card| card.facility.0),
            guids(cards, |card| card.person.0),
            guids(cards, |card| card.id.0),
        ],
    )
    .await
}

async fn update_cards(tx: &Tx, cards: &[&Card]) -> Result<u64> {
    let sql = "UPDATE card c SET number = q.number, self_booking_barred = q.self_booking_barred, \
               dispensary = q.dispensary, email = q.email, phone = q.phone \
               FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bool[], $6::text[], $7::text[], $8::text[]) \
               AS q(facility, person, card, number, self_booking_barred, dispensary, email, phone) \
               WHERE c.facility = q.facility AND c.person = q.person AND c.card = q.card RETURNING 1";
    write_cards(tx, sql, cards).await
}

async fn insert_cards(tx: &Tx, cards: &[&Card]) -> Result<u64> {
    let sql = "INSERT INTO card (facility, person, card, number, self_booking_barred, dispensary, email, phone) \
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bool[], $6::text[], $7::text[], \
               $8::text[]) ON CONFLICT DO NOTHING RETURNING 1";
    write_cards(tx, sql, cards).await
}

async fn write_cards(tx: &Tx, sql: &str, cards: &[&Card]) -> Result<u64> {
    if cards.is_empty() {
        return Ok(0);
    }
    let dispensary = |card: &&Card| {
        let codes: Vec<&str> = card.dispensary.iter().map(|code| code.0.as_str()).collect();
        serde_json::to_string(&codes).map_err(|error| StoreError::Bug(error.to_string()))
    };
    let dispensaries: Vec<_> = cards.iter().map(dispensary).collect::<std::result::Result<_, StoreError>>()?;
    let (mut emails, mut phones) = (Vec::new(), Vec::new());
    for card in cards {
        let (contacts, email) = (tx.contacts(), card.email.as_ref().map(Email::as_str));
        emails.push(email.map(|text| contacts.email(card.facility, card.person, text)).transpose()?);
        phones.push(card.phone.as_deref().map(|text| contacts.phone(card.facility, card.person, text)).transpose()?);
    }
    tx.count(
        sql,
        params![
            guids(cards, |card| card.facility.0),
            guids(cards, |card| card.person.0),
            guids(cards, |card| card.id.0),
            column(cards, |card| card.number.as_str()),
            column(cards, |card| card.self_booking_barred),
            dispensaries,
            emails,
            phones,
        ],
    )
    .await
}

/// Adds what a referral of the page needs locked: nothing, if it is new or as it shall be.
pub(super) fn lock(referral: &Referral, facts: &PageFacts, locks: &mut Locks) {
    let stored = facts.referrals.get(&referral.key).filter(|stored| *stored != referral);
    locks.referrals.extend(stored.map(|stored| stored.key));
}

/// Referrals that are as they shall be are left alone.
pub(super) async fn put_referrals(tx: &Tx, referrals: &[&Referral], facts: &PageFacts) -> Result<()> {
    let stored = |referral: &Referral| facts.referrals.get(&referral.key);
    let referrals: Vec<_> = referrals.iter().copied().filter(|referral| stored(referral) != Some(*referral)).collect();
    let corrected: Vec<_> = referrals
        .iter()
        .copied()
        .filter(|referral| stored(referral).is_some_and(|stored| stored.person != referral.person))
        .collect();
    give_to_their_persons(tx, &corrected).await?;
    if upsert_referrals(tx, &referrals).await? == referrals.len() as u64 {
        return Ok(());
    }
    Err(Failure::Again("a referral of the page was given to another person by another import".to_owned()))
}

/// These are locked, and nobody uses them.
async fn give_to_their_persons(tx: &Tx, referrals: &[&Referral]) -> Result<()> {
    if referrals.is_empty() {
        return Ok(());
    }
    tx.execute(
        "UPDATE referral r SET person = q.person FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) \
         AS q(facility, referral, person) WHERE r.facility = q.facility AND r.referral = q.referral",
        params![
            guids(referrals, |referral| referral.key.facility.0),
            guids(referrals, |referral| referral.key.referral.0),
            guids(referrals, |referral| referral.person.0),
        ],
    )
    .await
}

/// Writes those that are new or of the same person, and counts them: one that came in between may be
/// another's, and used.
async fn upsert_referrals(tx: &Tx, referrals: &[&Referral]) -> Result<u64> {
    if referrals.is_empty() {
        return Ok(0);
    }
    tx.count(
        "INSERT INTO referral (facility, referral, number, person, kind, specialty, to_facility, resource_facility, \
         resource, issued, valid_until, state) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], \
         $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[]) \
         ON CONFLICT (facility, referral) DO UPDATE SET number = excluded.number, kind = excluded.kind, \
         specialty = excluded.specialty, to_facility = excluded.to_facility, \
         resource_facility = excluded.resource_facility, resource = excluded.resource, issued = excluded.issued, \
         valid_until = excluded.valid_until, state = excluded.state \
         WHERE referral.person = excluded.person RETURNING 1",
        params![
            guids(referrals, |referral| referral.key.facility.0),
            guids(referrals, |referral| referral.key.referral.0),
            column(referrals, |referral| referral.number.as_str()),
            guids(referrals, |referral| referral.person.0),
            column(referrals, |referral| referral.kind.map(ReferralKind::code)),
            column(referrals, |referral| referral.specialty.0.as_str()),
            column(referrals, |referral| referral.to_facility.map(|facility| facility.0)),
            column(referrals, |referral| referral.resource.map(|key| key.facility.0)),
            column(referrals, |referral| referral.resource.map(|key| key.resource.0)),
            column(referrals, |referral| referral.issued.to_string()),
            column(referrals, |referral| referral.valid_until.to_string()),
            column(referrals, |referral| referral.state.code()),
        ],
    )
    .await
}
