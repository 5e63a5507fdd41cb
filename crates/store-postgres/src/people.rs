//! Persons and their cards; looking persons up by their policy, and client applications by their guid.

use futures_util::future::try_join;
use talon_domain::{
    email::Email,
    ids::{CardId, ClientId, FacilityId, PersonId},
    person::{Card, Person, Policy, Sex},
    resource::SpecialtyCode,
};
use talon_store::{ClientSecret, PersonCards, PersonMatch, PolicyQuery, StoreError};
use tokio_postgres::Row;

use crate::{
    columns::{code, day, get, guid, guids},
    contacts::Contacts,
    failure::Result,
    transaction::Tx,
};

/// The columns that [`read_person`] expects, of a table or alias `p`.
macro_rules! person_columns {
    () => {
        "p.person, p.family, p.given, p.patronymic, p.birth_date, p.sex, p.snils, p.policy_series, p.policy_number"
    };
}
pub(crate) use person_columns;

pub(crate) fn read_person(row: &Row) -> Result<Person> {
    Ok(Person {
        id: guid!(row, 0, PersonId)?,
        family: get(row, 1)?,
        given: get(row, 2)?,
        patronymic: get(row, 3)?,
        birth_date: day(row, 4)?,
        sex: code(row, 5, Sex::from_code)?,
        snils: get(row, 6)?,
        policy: Policy { series: get(row, 7)?, number: get(row, 8)? },
    })
}

/// The columns that [`read_card`] expects, of a table or alias `c`.
macro_rules! card_columns {
    () => {
        "c.person, c.facility, c.card, c.number, c.self_booking_barred, c.dispensary, c.email, c.phone"
    };
}
pub(crate) use card_columns;

pub(crate) fn read_card(contacts: &Contacts, row: &Row) -> Result<Card> {
    let (person, facility) = (guid!(row, 0, PersonId)?, guid!(row, 1, FacilityId)?);
    let dispensary = code(row, 5, |text| serde_json::from_str::<Vec<String>>(text).ok())?;
    let email = contacts.opened("card.email", facility.0, person.0, get(row, 6)?)?;
    let email = email.map(|text| Email::parse(&text)).transpose();
    Ok(Card {
        person,
        facility,
        id: guid!(row, 2, CardId)?,
        number: get(row, 3)?,
        self_booking_barred: get(row, 4)?,
        dispensary: dispensary.into_iter().map(SpecialtyCode).collect(),
        email: email.map_err(|_| StoreError::Damaged("column email holds no e-mail".to_owned()))?,
        phone: contacts.opened("card.phone", facility.0, person.0, get(row, 7)?)?,
    })
}

/// The one person with this birth date and policy who has a card anywhere.
pub(crate) async fn by_policy(tx: &Tx, query: &PolicyQuery) -> Result<PersonMatch> {
    let found = tx
        .query(
            "SELECT p.person FROM person p WHERE p.policy_number = $1 AND p.birth_date = $2 \
             AND ($3::text IS NULL OR p.policy_series = $3)",
            &[&query.number, &query.birth_date.to_string(), &query.series],
        )
        .await?;
    let found: Vec<_> = found.iter().map(|row| guid!(row, 0, PersonId)).collect::<Result<_>>()?;
    // Cards lie with their facilities, and persons elsewhere in a distributed engine: two questions.
    let ids: Vec<_> = found.iter().map(|person| person.0).collect();
    let known = tx.query("SELECT DISTINCT person FROM card WHERE person = ANY($1)", &[&ids]).await?;
    Ok(match &known[..] {
        [row] => PersonMatch::One(guid!(row, 0, PersonId)?),
        _ => PersonMatch::None,
    })
}

/// A person with all their cards.
pub(crate) async fn personal(tx: &Tx, person: PersonId) -> Result<Option<PersonCards>> {
    let (found, cards) = try_join(
        tx.query(concat!("SELECT ", person_columns!(), " FROM person p WHERE p.person = $1"), &[&person.0]),
        cards(tx, person),
    )
    .await?;
    let Some(row) = found.first() else { return Ok(None) };
    Ok(Some(PersonCards { person: read_person(row)?, cards }))
}

/// A person's cards, in the order of their facilities.
pub(crate) async fn cards(tx: &Tx, person: PersonId) -> Result<Vec<Card>> {
    let sql = concat!("SELECT ", card_columns!(), " FROM card c WHERE c.person = $1 ORDER BY c.facility");
    tx.query(sql, params![person.0]).await?.iter().map(|row| read_card(tx.contacts(), row)).collect()
}

/// Keeps cards their persons' until the transaction ends, and says how many still are: what is booked without a
/// referral has nothing else that whoever removes the person waits for. An update, as in `referrals::hold`.
pub(crate) async fn hold(tx: &Tx, cards: &[(FacilityId, PersonId)]) -> Result<u64> {
    if cards.is_empty() {
        return Ok(0);
    }
    tx.count(
        "UPDATE card c SET person = c.person FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, person) \
         WHERE c.facility = q.facility AND c.person = q.person RETURNING 1",
        params![guids(cards, |(facility, _)| facility.0), guids(cards, |(_, person)| person.0)],
    )
    .await
}

/// A person's card in a facility.
pub(crate) async fn card(tx: &Tx, facility: FacilityId, person: PersonId) -> Result<Option<Card>> {
    let rows = tx
        .query(
            concat!("SELECT ", card_columns!(), " FROM card c WHERE c.facility = $1 AND c.person = $2"),
            params![facility.0, person.0],
        )
        .await?;
    rows.first().map(|row| read_card(tx.contacts(), row)).transpose()
}

/// The hash of a client application's secret.
pub(crate) async fn client_secret(tx: &Tx, client: ClientId) -> Result<Option<ClientSecret>> {
    let rows = tx.query("SELECT secret_hash FROM client WHERE client = $1", &[&client.0]).await?;
    let hash: Option<String> = rows.first().map(|row| get(row, 0)).transpose()?.flatten();
    Ok(hash.map(|hash| ClientSecret { client, hash }))
}
