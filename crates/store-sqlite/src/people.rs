//! Persons with their cards; looking persons up by their policy, and client applications by their guid.

use rusqlite::{Connection, OptionalExtension, Result, params};
use talon_domain::{
    ids::{ClientId, FacilityId, PersonId},
    person::{Card, Person},
};
use talon_store::{ClientSecret, PersonCards, PersonMatch, PolicyQuery};

use crate::{
    columns::guid,
    facts::{card_columns, read_card, read_person},
};

/// The one person with this birth date and policy who has a card anywhere.
pub(crate) fn by_policy(connection: &Connection, query: &PolicyQuery) -> Result<PersonMatch> {
    let mut select = connection.prepare_cached(
        "SELECT p.person FROM person p WHERE p.policy_number = ?1 AND p.birth_date = ?2 \
         AND (?3 IS NULL OR p.policy_series = ?3) \
         AND EXISTS (SELECT 1 FROM card c WHERE c.person = p.person) LIMIT 2",
    )?;
    let found = select
        .query_map(params![query.number, query.birth_date.to_string(), query.series], |row| guid!(row, 0, PersonId))?
        .collect::<Result<Vec<_>>>()?;
    Ok(match found[..] {
        [person] => PersonMatch::One(person),
        _ => PersonMatch::None,
    })
}

/// A person with all their cards.
pub(crate) fn personal(connection: &Connection, who: PersonId) -> Result<Option<PersonCards>> {
    // One transaction: a card that is imported between the two reads would be of a person not seen.
    let _transaction = connection.unchecked_transaction()?;
    let (found, cards) = (person(connection, who)?, cards(connection, who)?);
    Ok(found.map(|person| PersonCards { person, cards }))
}

/// A person.
pub(crate) fn person(connection: &Connection, person: PersonId) -> Result<Option<Person>> {
    connection
        .prepare_cached(
            "SELECT person, family, given, patronymic, birth_date, sex, snils, policy_series, policy_number \
             FROM person WHERE person = ?1",
        )?
        .query_row([person.bytes()], |row| read_person(row, 0))
        .optional()
}

/// A person's cards, in the order of their facilities.
pub(crate) fn cards(connection: &Connection, person: PersonId) -> Result<Vec<Card>> {
    connection
        .prepare_cached(concat!("SELECT ", card_columns!(), " FROM card c WHERE c.person = ?1 ORDER BY c.facility"))?
        .query_map([person.bytes()], |row| read_card(row, 0))?
        .collect()
}

/// A person's card in a facility.
pub(crate) fn card(connection: &Connection, facility: FacilityId, person: PersonId) -> Result<Option<Card>> {
    connection
        .prepare_cached(concat!("SELECT ", card_columns!(), " FROM card c WHERE c.person = ?1 AND c.facility = ?2"))?
        .query_row(params![person.bytes(), facility.bytes()], |row| read_card(row, 0))
        .optional()
}

/// The hash of a client application's secret.
pub(crate) fn client_secret(connection: &Connection, client: ClientId) -> Result<Option<ClientSecret>> {
    let hash: Option<Option<String>> = connection
        .prepare_cached("SELECT secret_hash FROM client WHERE client = ?1")?
        .query_row([client.bytes()], |row| row.get(0))
        .optional()?;
    Ok(hash.flatten().map(|hash| ClientSecret { client, hash }))
}
