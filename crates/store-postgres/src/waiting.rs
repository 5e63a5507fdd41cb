//! Places on waiting lists in their table.

use std::collections::{BTreeSet, HashSet};

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use talon_domain::{
    access::Channel,
    ids::{ClientId, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, SlotKey, WaitingId, WaitingKey},
    resource::SpecialtyCode,
    waiting::{Waiting, WaitingState, first_open_day},
};
use tokio_postgres::Row;

use crate::{
    columns::{code, column, counter, day, get, guid, guids, micros, number, optional_code, optional_guid},
    contacts::Contacts,
    failure::{Failure, Result},
    transaction::Tx,
};

/// The columns that [`read`] expects, of a table or alias `w`.
macro_rules! waiting_columns {
    () => {
        "w.facility, w.waiting, w.person, w.specialty, w.resource, w.referral_facility, w.referral, w.phone, \
         w.date_from, w.date_to, w.time_from, w.time_to, w.priority, w.due, w.since, w.state, w.version, w.client, \
         w.channel"
    };
}
pub(crate) use waiting_columns;

pub(crate) fn read(contacts: &Contacts, row: &Row) -> Result<Waiting> {
    let key = WaitingKey { facility: guid!(row, 0, FacilityId)?, waiting: guid!(row, 1, WaitingId)? };
    let referral = match (optional_guid!(row, 5, FacilityId)?, optional_guid!(row, 6, ReferralId)?) {
        (Some(facility), Some(referral)) => Some(ReferralKey { facility, referral }),
        _ => None,
    };
    let time = |column| code(row, column, |text| text.parse::<Time>().ok());
    Ok(Waiting {
        key,
        person: guid!(row, 2, PersonId)?,
        specialty: SpecialtyCode(get(row, 3)?),
        resource: optional_guid!(row, 4, ResourceId)?,
        referral,
        phone: contacts.opened("waiting.phone", key.facility.0, key.waiting.0, get(row, 7)?)?,
        dates: (day(row, 8)?, day(row, 9)?),
        times: (time(10)?, time(11)?),
        priority: number(row, 12)?,
        due: optional_code(row, 13, |text| text.parse::<Date>().ok())?,
        since: micros(row, 14)?,
        state: code(row, 15, WaitingState::from_code)?,
        version: counter(row, 16)?,
        client: optional_guid!(row, 17, ClientId)?,
        channel: code(row, 18, Channel::from_code)?,
    })
}

/// A person's own place.
pub(crate) async fn find(tx: &Tx, key: WaitingKey, person: PersonId) -> Result<Option<Waiting>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                waiting_columns!(),
                " FROM waiting w WHERE w.facility = $1 AND w.waiting = $2 AND w.person = $3"
            ),
            params![key.facility.0, key.waiting.0, person.0],
        )
        .await?;
    rows.first().map(|row| read(tx.contacts(), row)).transpose()
}

/// A place by its key.
pub(crate) async fn by_key(tx: &Tx, key: WaitingKey) -> Result<Option<Waiting>> {
    let rows = tx
        .query(
            concat!("SELECT ", waiting_columns!(), " FROM waiting w WHERE w.facility = $1 AND w.waiting = $2"),
            params![key.facility.0, key.waiting.0],
        )
        .await?;
    rows.first().map(|row| read(tx.contacts(), row)).transpose()
}

/// A person's places, live and ended, the newest first.
pub(crate) async fn of_person(tx: &Tx, person: PersonId, most: u32) -> Result<Vec<Waiting>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                waiting_columns!(),
                " FROM waiting w WHERE w.person = $1 ORDER BY w.since DESC, w.facility, w.waiting LIMIT $2"
            ),
            params![person.0, i64::from(most)],
        )
        .await?;
    rows.iter().map(|row| read(tx.contacts(), row)).collect()
}

/// The place that a person's claim on a list leads to.
pub(crate) async fn claimed(
    tx: &Tx,
    person: PersonId,
    facility: FacilityId,
    specialty: &SpecialtyCode,
) -> Result<Option<Waiting>> {
    let claim = tx
        .query(
            "SELECT waiting FROM claim_waiting WHERE person = $1 AND facility = $2 AND specialty = $3",
            params![person.0, facility.0, specialty.0],
        )
        .await?;
    match claim.first() {
        None => Ok(None),
        Some(row) => by_key(tx, WaitingKey { facility, waiting: guid!(row, 0, WaitingId)? }).await,
    }
}

/// Those who wait on a list and have no offer, in their order, but those who had this very cell offered.
pub(crate) async fn line(tx: &Tx, cell: SlotKey, specialty: &SpecialtyCode) -> Result<Vec<Waiting>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                waiting_columns!(),
                " FROM waiting w WHERE w.facility = $1 AND w.specialty = $2 AND w.state = 'waiting' \
                 AND NOT EXISTS (SELECT 1 FROM offered o WHERE o.facility = w.facility AND o.slot = $3 \
                 AND o.waiting = w.waiting)"
            ),
            params![cell.facility.0, specialty.0, cell.slot.0],
        )
        .await?;
    let mut line = rows.iter().map(|row| read(tx.contacts(), row)).collect::<Result<Vec<_>>>()?;
    line.sort_by_key(Waiting::order);
    Ok(line)
}

/// The lists of these facilities on which somebody waits for an offer.
pub(crate) async fn waited_for(
    tx: &Tx,
    facilities: impl Iterator<Item = FacilityId>,
) -> Result<HashSet<(FacilityId, SpecialtyCode)>> {
    let facilities: BTreeSet<_> = facilities.map(|facility| facility.0).collect();
    if facilities.is_empty() {
        return Ok(HashSet::new());
    }
    let facilities: Vec<_> = facilities.into_iter().collect();
    let rows = tx
        .query(
            "SELECT DISTINCT facility, specialty FROM waiting WHERE facility = ANY($1) AND state = 'waiting'",
            params![facilities],
        )
        .await?;
    rows.iter().map(|row| Ok((guid!(row, 0, FacilityId)?, SpecialtyCode(get(row, 1)?)))).collect()
}

/// How many come before a live place.
pub(crate) async fn ahead(tx: &Tx, waiting: &Waiting) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT count(*) FROM waiting WHERE facility = $1 AND specialty = $2 AND state IN ('waiting', 'offered') \
             AND (coalesce(due, '9999-12-31'), priority, since, waiting) < ($3, $4, $5, $6)",
            params![
                waiting.key.facility.0,
                waiting.specialty.0,
                waiting.order().0.to_string(),
                i32::from(waiting.priority),
                waiting.since.as_microsecond(),
                waiting.key.waiting.0
            ],
        )
        .await?;
    rows.first().map_or(Ok(0), |row| counter(row, 0))
}

/// Takes the person's one place on the list, or loses it.
pub(crate) async fn claim(tx: &Tx, waiting: &Waiting) -> Result<()> {
    let taken = tx
        .count(
            "INSERT INTO claim_waiting (person, facility, specialty, waiting) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING RETURNING 1",
            params![waiting.person.0, waiting.key.facility.0, waiting.specialty.0, waiting.key.waiting.0],
        )
        .await?;
    if taken == 1 { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// Gives the place's claim up.
pub(crate) async fn release(tx: &Tx, waiting: &Waiting) -> Result<()> {
    tx.execute(
        "DELETE FROM claim_waiting WHERE person = $1 AND facility = $2 AND specialty = $3 AND waiting = $4",
        params![waiting.person.0, waiting.key.facility.0, waiting.specialty.0, waiting.key.waiting.0],
    )
    .await
}

/// Changes a place, if it still is what was read; its claim goes when it ends.
pub(crate) async fn change(tx: &Tx, waiting: &Waiting) -> Result<()> {
    if change_unchanged(tx, waiting).await? { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// The same for one who goes on with another place: false, and nothing written, when it is not what was read any more.
pub(crate) async fn change_unchanged(tx: &Tx, waiting: &Waiting) -> Result<bool> {
    let changed = tx
        .count(
            "UPDATE waiting SET state = $3, version = $4 WHERE facility = $1 AND waiting = $2 AND version + 1 = $4 \
             RETURNING 1",
            params![waiting.key.facility.0, waiting.key.waiting.0, waiting.state.code(), i64::from(waiting.version)],
        )
        .await?;
    if changed == 1 && !waiting.state.is_live() {
        release(tx, waiting).await?;
    }
    Ok(changed == 1)
}

/// Places whose last day was before this one in every zone.
pub(crate) async fn over(tx: &Tx, now: Timestamp, limit: u32) -> Result<Vec<Waiting>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                waiting_columns!(),
                " FROM waiting w WHERE w.state = 'waiting' AND w.date_to < $1 ORDER BY w.date_to LIMIT $2"
            ),
            params![first_open_day(now).to_string(), i64::from(limit)],
        )
        .await?;
    rows.iter().map(|row| read(tx.contacts(), row)).collect()
}

/// Notes that a cell was offered to a place, so that it is not offered again.
pub(crate) async fn note_offered(tx: &Tx, cell: SlotKey, waiting: WaitingId) -> Result<()> {
    tx.execute(
        "INSERT INTO offered (facility, slot, waiting) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![cell.facility.0, cell.slot.0, waiting.0],
    )
    .await
}

/// Writes places, over those of the same keys. Each key is given once.
pub(crate) async fn put(tx: &Tx, places: &[&Waiting]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let phone = |place: &&Waiting| {
        let phone = place.phone.as_deref();
        phone.map(|text| tx.contacts().waiting_phone(place.key.facility, place.key.waiting, text)).transpose()
    };
    let phones: Vec<_> = places.iter().map(phone).collect::<Result<_>>()?;
    tx.execute(
        "INSERT INTO waiting (facility, waiting, person, specialty, resource, referral_facility, referral, phone, \
         date_from, date_to, time_from, time_to, priority, due, since, state, version, client, channel) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], \
         $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::int[], $14::text[], $15::bigint[], \
         $16::text[], $17::bigint[], $18::uuid[], $19::text[]) \
         ON CONFLICT (facility, waiting) DO UPDATE SET person = excluded.person, specialty = excluded.specialty, \
         resource = excluded.resource, referral_facility = excluded.referral_facility, referral = excluded.referral, \
         phone = excluded.phone, date_from = excluded.date_from, date_to = excluded.date_to, \
         time_from = excluded.time_from, time_to = excluded.time_to, priority = excluded.priority, due = excluded.due, \
         since = excluded.since, state = excluded.state, version = excluded.version, client = excluded.client, \
         channel = excluded.channel",
        params![
            guids(places, |it| it.key.facility.0),
            guids(places, |it| it.key.waiting.0),
            guids(places, |it| it.person.0),
            column(places, |it| it.specialty.0.as_str()),
            column(places, |it| it.resource.map(|resource| resource.0)),
            column(places, |it| it.referral.map(|referral| referral.facility.0)),
            column(places, |it| it.referral.map(|referral| referral.referral.0)),
            phones,
            column(places, |it| it.dates.0.to_string()),
            column(places, |it| it.dates.1.to_string()),
            column(places, |it| minute(it.times.0)),
            column(places, |it| minute(it.times.1)),
            column(places, |it| i32::from(it.priority)),
            column(places, |it| it.due.map(|due| due.to_string())),
            column(places, |it| it.since.as_microsecond()),
            column(places, |it| it.state.code()),
            column(places, |it| i64::from(it.version)),
            column(places, |it| it.client.map(|client| client.0)),
            column(places, |it| it.channel.code()),
        ],
    )
    .await
}

/// Bookings of offered times end these places.
pub(crate) async fn end_by_booking(tx: &Tx, booked: &[(PersonId, WaitingKey)]) -> Result<()> {
    if booked.is_empty() {
        return Ok(());
    }
    let mut booked = booked.to_vec();
    booked.sort_unstable();
    let (facilities, places) = (guids(&booked, |(_, key)| key.facility.0), guids(&booked, |(_, key)| key.waiting.0));
    tx.execute(
        "DELETE FROM claim_waiting c USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(person, facility, waiting) \
         WHERE c.person = q.person AND c.facility = q.facility AND c.waiting = q.waiting",
        params![guids(&booked, |(person, _)| person.0), facilities, places],
    )
    .await?;
    tx.execute(
        "UPDATE waiting w SET state = 'booked', version = w.version + 1 \
         FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, waiting) \
         WHERE w.facility = q.facility AND w.waiting = q.waiting AND w.state = 'offered'",
        params![facilities, places],
    )
    .await
}

fn minute(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}
