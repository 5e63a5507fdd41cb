//! Holds in their table, and the claims that they have.

use jiff::Timestamp;
use talon_domain::{
    booking::{HOLD_KNOWN_FOR, Hold, HoldState},
    ids::{
        FacilityId, HoldId, HoldKey, PersonId, ReferralId, ReferralKey, ResourceId, SlotId, SlotKey, WaitingId,
        WaitingKey,
    },
    waiting::Waiting,
};
use tokio_postgres::Row;

use crate::{
    columns::{code, column, get, guid, guids, micros, number, optional_guid, seconds},
    failure::{Failure, Result},
    transaction::Tx,
    waiting,
};

/// The columns that [`read`] expects, of a table or alias `h`.
macro_rules! hold_columns {
    () => {
        "h.facility, h.hold, h.person, h.referral_facility, h.referral, h.resource, h.slot, h.place, h.start, \
         h.minutes, h.waiting, h.created, h.expires, h.extended, h.state"
    };
}

fn read(row: &Row) -> Result<Hold> {
    let referral = match (optional_guid!(row, 3, FacilityId)?, optional_guid!(row, 4, ReferralId)?) {
        (Some(facility), Some(referral)) => Some(ReferralKey { facility, referral }),
        _ => None,
    };
    Ok(Hold {
        key: HoldKey { facility: guid!(row, 0, FacilityId)?, hold: guid!(row, 1, HoldId)? },
        person: guid!(row, 2, PersonId)?,
        referral,
        resource: guid!(row, 5, ResourceId)?,
        slot: guid!(row, 6, SlotId)?,
        place: number(row, 7)?,
        start: seconds(row, 8)?,
        minutes: number(row, 9)?,
        waiting: optional_guid!(row, 10, WaitingId)?,
        created: micros(row, 11)?,
        expires: micros(row, 12)?,
        extended: number(row, 13)?,
        state: code(row, 14, HoldState::from_code)?,
    })
}

/// A person's own hold. One whose place somebody has taken over is over, whatever its own row still says: that
/// somebody's clock was ahead of ours.
pub(crate) async fn find(tx: &Tx, key: HoldKey, person: PersonId) -> Result<Option<Hold>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                hold_columns!(),
                ", EXISTS (SELECT 1 FROM claim_place c WHERE c.facility = h.facility AND c.slot = h.slot \
                 AND c.place = h.place AND c.entry = h.hold) \
                 FROM hold h WHERE h.facility = $1 AND h.hold = $2 AND h.person = $3"
            ),
            params![key.facility.0, key.hold.0, person.0],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (hold, is_claimed) = (read(row)?, get::<bool>(row, 15)?);
    Ok(Some(match hold.state {
        HoldState::Held if !is_claimed => Hold { state: HoldState::Lapsed, ..hold },
        _ => hold,
    }))
}

/// A hold, whosever it is.
pub(crate) async fn by_key(tx: &Tx, key: HoldKey) -> Result<Option<Hold>> {
    let rows = tx
        .query(
            concat!("SELECT ", hold_columns!(), " FROM hold h WHERE h.facility = $1 AND h.hold = $2"),
            params![key.facility.0, key.hold.0],
        )
        .await?;
    rows.first().map(read).transpose()
}

/// The hold that is the offer to a place on a waiting list.
pub(crate) async fn offer_to(tx: &Tx, waiting: &Waiting) -> Result<Option<Hold>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                hold_columns!(),
                " FROM hold h WHERE h.person = $1 AND h.facility = $2 AND h.waiting = $3 AND h.state = 'held'"
            ),
            params![waiting.person.0, waiting.key.facility.0, waiting.key.waiting.0],
        )
        .await?;
    rows.first().map(read).transpose()
}

/// What a person holds.
pub(crate) async fn of_person(tx: &Tx, person: PersonId) -> Result<Vec<Hold>> {
    let sql = concat!(
        "SELECT ",
        hold_columns!(),
        " FROM hold h WHERE h.person = $1 AND h.state = 'held' ORDER BY h.facility, h.slot, h.place"
    );
    tx.query(sql, params![person.0]).await?.iter().map(read).collect()
}

/// Holds whose time is over and that still stand, the longest over first, of those the earliest visit.
pub(crate) async fn run_out(tx: &Tx, now: Timestamp, limit: u32) -> Result<Vec<Hold>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                hold_columns!(),
                " FROM hold h WHERE h.state = 'held' AND h.expires <= $1 \
                 ORDER BY h.expires, h.start, h.facility, h.slot, h.place LIMIT $2"
            ),
            params![now.as_microsecond(), i64::from(limit)],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The numbers under which a person holds times, each with its end.
pub(crate) async fn numbers(tx: &Tx, person: PersonId) -> Result<Vec<(u16, Timestamp)>> {
    let rows = tx.query("SELECT number, expires FROM claim_hold WHERE person = $1", params![person.0]).await?;
    rows.iter().map(|row| Ok((number(row, 0)?, micros(row, 1)?))).collect()
}

/// Takes a place and one of the person's numbers for a hold, over holds that have run out, or loses one.
pub(crate) async fn take(tx: &Tx, hold: &Hold, number: u16, now: Timestamp) -> Result<()> {
    take_place(tx, hold, now).await?;
    let numbered = tx
        .count(
            "INSERT INTO claim_hold (person, number, facility, hold, expires) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (person, number) DO UPDATE \
             SET facility = excluded.facility, hold = excluded.hold, expires = excluded.expires \
             WHERE claim_hold.expires <= $6 RETURNING 1",
            params![
                hold.person.0,
                i32::from(number),
                hold.key.facility.0,
                hold.key.hold.0,
                hold.expires.as_microsecond(),
                now.as_microsecond()
            ],
        )
        .await?;
    if numbered == 1 { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// Takes a place for a hold, over one that has run out, or loses it.
pub(crate) async fn take_place(tx: &Tx, hold: &Hold, now: Timestamp) -> Result<()> {
    let taken = tx
        .count(
            "INSERT INTO claim_place (facility, slot, place, entry, expires, holder) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (facility, slot, place) DO UPDATE \
             SET entry = excluded.entry, expires = excluded.expires, holder = excluded.holder \
             WHERE claim_place.expires <= $7 RETURNING 1",
            params![
                hold.key.facility.0,
                hold.slot.0,
                i32::from(hold.place),
                hold.key.hold.0,
                hold.claim().until.as_microsecond(),
                hold.person.0,
                now.as_microsecond()
            ],
        )
        .await?;
    if taken == 1 { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// Moves the end of a hold and of its claims, the place's first: whoever wants that waits there. The claim is lost
/// if it is not the hold's any more.
pub(crate) async fn extend(tx: &Tx, hold: &Hold) -> Result<()> {
    let moved = tx
        .count(
            "UPDATE claim_place SET expires = $5 \
             WHERE facility = $1 AND slot = $2 AND place = $3 AND entry = $4 RETURNING 1",
            params![
                hold.key.facility.0,
                hold.slot.0,
                i32::from(hold.place),
                hold.key.hold.0,
                hold.claim().until.as_microsecond()
            ],
        )
        .await?;
    tx.execute(
        "UPDATE claim_hold SET expires = $4 WHERE person = $1 AND facility = $2 AND hold = $3",
        params![hold.person.0, hold.key.facility.0, hold.key.hold.0, hold.expires.as_microsecond()],
    )
    .await?;
    let extended = tx
        .count(
            "UPDATE hold SET expires = $3, extended = $4 WHERE facility = $1 AND hold = $2 AND state = 'held' \
             AND extended = $4 - 1 RETURNING 1",
            params![hold.key.facility.0, hold.key.hold.0, hold.expires.as_microsecond(), i32::from(hold.extended)],
        )
        .await?;
    if (moved, extended) == (1, 1) { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// Frees the place of a hold that ends; whether it was still the hold's, and ran out when it was read to. One that
/// was extended since is left alone.
pub(crate) async fn free_place(tx: &Tx, hold: &Hold) -> Result<bool> {
    let freed = tx
        .count(
            "DELETE FROM claim_place WHERE facility = $1 AND slot = $2 AND place = $3 AND entry = $4 AND expires = $5 \
         RETURNING 1",
            params![
                hold.key.facility.0,
                hold.slot.0,
                i32::from(hold.place),
                hold.key.hold.0,
                hold.claim().until.as_microsecond()
            ],
        )
        .await?;
    Ok(freed > 0)
}

/// Writes the end of a hold, unless it was extended or ended since it was read.
pub(crate) async fn end(tx: &Tx, hold: &Hold) -> Result<bool> {
    tx.execute(
        "DELETE FROM claim_hold WHERE person = $1 AND facility = $2 AND hold = $3 AND expires = $4",
        params![hold.person.0, hold.key.facility.0, hold.key.hold.0, hold.expires.as_microsecond()],
    )
    .await?;
    let ended = tx
        .count(
        "UPDATE hold SET state = $4 WHERE facility = $1 AND hold = $2 AND state = 'held' AND expires = $3 RETURNING 1",
        params![hold.key.facility.0, hold.key.hold.0, hold.expires.as_microsecond(), hold.state.code()],
    )
    .await?;
    Ok(ended > 0)
}

/// Adds a hold.
pub(crate) async fn insert(tx: &Tx, hold: &Hold) -> Result<()> {
    tx.execute(
        "INSERT INTO hold (facility, hold, person, referral_facility, referral, resource, slot, place, start, minutes, \
         waiting, created, expires, extended, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            hold.key.facility.0,
            hold.key.hold.0,
            hold.person.0,
            hold.referral.map(|referral| referral.facility.0),
            hold.referral.map(|referral| referral.referral.0),
            hold.resource.0,
            hold.slot.0,
            i32::from(hold.place),
            hold.start.as_second(),
            i32::from(hold.minutes),
            hold.waiting.map(|waiting| waiting.0),
            hold.created.as_microsecond(),
            hold.expires.as_microsecond(),
            i32::from(hold.extended),
            hold.state.code()
        ],
    )
    .await
}

/// A hold whose place an entry goes to.
pub(crate) struct Void {
    pub(crate) slot: SlotKey,
    pub(crate) place: u16,
    pub(crate) hold: HoldId,
    /// Who books, and the present in which that was decided.
    pub(crate) person: PersonId,
    pub(crate) now: Timestamp,
}

/// Removes the claims of holds that their persons book, or that have run out. One that is neither by now stays, and
/// the booking loses the place to it.
pub(crate) async fn void(tx: &Tx, holds: &[Void]) -> Result<()> {
    if holds.is_empty() {
        return Ok(());
    }
    let mut holds: Vec<_> = holds.iter().collect();
    holds.sort_by_key(|it| (it.slot, it.place));
    tx.execute(
        "DELETE FROM claim_place c USING unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::uuid[], $6::bigint[]) \
         AS q(facility, slot, place, hold, person, now) WHERE c.facility = q.facility AND c.slot = q.slot \
         AND c.place = q.place AND c.entry = q.hold AND (c.expires <= q.now OR c.holder = q.person)",
        params![
            guids(&holds, |it| it.slot.facility.0),
            guids(&holds, |it| it.slot.slot.0),
            column(&holds, |it| i32::from(it.place)),
            guids(&holds, |it| it.hold.0),
            guids(&holds, |it| it.person.0),
            column(&holds, |it| it.now.as_microsecond()),
        ],
    )
    .await
}

/// Bookings took the places: these holds have become the entries, and those that were offers end the waiting.
pub(crate) async fn end_by_booking(tx: &Tx, holds: &[(PersonId, HoldKey)]) -> Result<()> {
    if holds.is_empty() {
        return Ok(());
    }
    let mut holds = holds.to_vec();
    holds.sort_unstable();
    let (facilities, ids) = (guids(&holds, |(_, key)| key.facility.0), guids(&holds, |(_, key)| key.hold.0));
    tx.execute(
        "DELETE FROM claim_hold c USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(person, facility, hold) \
         WHERE c.person = q.person AND c.facility = q.facility AND c.hold = q.hold",
        params![guids(&holds, |(person, _)| person.0), facilities, ids],
    )
    .await?;
    let ended = tx
        .query(
            "DELETE FROM hold h USING unnest($1::uuid[], $2::uuid[]) AS q(facility, hold) \
             WHERE h.facility = q.facility AND h.hold = q.hold RETURNING h.person, h.facility, h.waiting",
            params![facilities, ids],
        )
        .await?;
    let mut offers = Vec::new();
    for row in &ended {
        if let Some(waiting) = optional_guid!(row, 2, WaitingId)? {
            offers.push((guid!(row, 0, PersonId)?, WaitingKey { facility: guid!(row, 1, FacilityId)?, waiting }));
        }
    }
    waiting::end_by_booking(tx, &offers).await
}

/// Whether a sweep would find anything to forget.
pub(crate) async fn any_to_forget(tx: &Tx, now: Timestamp) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT 1 FROM hold WHERE state IN ('released', 'lapsed') AND expires <= $1 LIMIT 1",
            params![known_since(now).as_microsecond()],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Forgets holds that ended long ago.
pub(crate) async fn forget(tx: &Tx, now: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM hold WHERE state IN ('released', 'lapsed') AND expires <= $1",
        params![known_since(now).as_microsecond()],
    )
    .await
}

fn known_since(now: Timestamp) -> Timestamp {
    now.checked_sub(HOLD_KNOWN_FOR).unwrap_or(Timestamp::MIN)
}
