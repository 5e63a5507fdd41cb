//! The rows of a batch on PostgreSQL, each table's in one statement, in two round trips: whatever does
//! not name the ticket, and the numbers; then the entries and the commit.

use std::collections::BTreeMap;

use futures_util::future::{try_join, try_join3, try_join5};
use jiff::civil::Date;
use talon_domain::{
    access::Channel,
    audit::Action,
    entry::{EntryState, Ticket},
    ids::{EntryId, EntryKey, FacilityId},
    message::MessageKind,
};
use tokio_postgres::{Client, Error, Row, Statement};
use uuid::Uuid;

use super::request::Booking;

/// What every visit lasts; minutes.
const MINUTES: i32 = 15;

const REFERRAL: &str =
    "INSERT INTO claim_referral SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])";
const SPECIALTY: &str = "INSERT INTO claim_specialty \
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[])";
const PLACE: &str = "INSERT INTO claim_place \
     SELECT facility, slot, 1, entry FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(facility, slot, entry)";
const DAY: &str = "INSERT INTO claim_day SELECT person, day, 1 FROM unnest($1::uuid[], $2::text[]) AS q(person, day) \
     ON CONFLICT (person, day) DO UPDATE SET version = claim_day.version + 1";
const TIME: &str = "INSERT INTO claim_time SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[])";
const OUTBOX: &str = "INSERT INTO outbox SELECT facility, entry, 1, $4::text, created \
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS q(facility, entry, created)";
const AUDIT: &str = "INSERT INTO audit \
     SELECT request, audit, at, person, NULL, $7::text, $8::text, facility, object, 'ok' \
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[]) \
     AS q(request, audit, at, person, facility, object)";
const TICKET: &str = "INSERT INTO ticket_counter SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[]) \
     ON CONFLICT (facility, day) DO UPDATE SET last = ticket_counter.last + excluded.last \
     RETURNING facility, day, last";
const ENTRY: &str = "INSERT INTO entry \
     SELECT facility, entry, person, referral_facility, referral, resource, slot, 1, specialty, start, $13::int, \
     ticket, $14::text, 1, booked_at, NULL, $15::text, checksum \
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], \
     $9::bigint[], $10::text[], $11::bigint[], $12::bytea[]) AS q(facility, entry, person, referral_facility, \
     referral, resource, slot, specialty, start, ticket, booked_at, checksum)";

/// The statements, prepared.
pub(super) struct Statements {
    referral: Statement,
    specialty: Statement,
    place: Statement,
    day: Statement,
    time: Statement,
    outbox: Statement,
    audit: Statement,
    ticket: Statement,
    entry: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            referral: client.prepare(REFERRAL).await?,
            specialty: client.prepare(SPECIALTY).await?,
            place: client.prepare(PLACE).await?,
            day: client.prepare(DAY).await?,
            time: client.prepare(TIME).await?,
            outbox: client.prepare(OUTBOX).await?,
            audit: client.prepare(AUDIT).await?,
            ticket: client.prepare(TICKET).await?,
            entry: client.prepare(ENTRY).await?,
        })
    }
}

/// Bookings to write together.
pub(super) struct Batch<'b>(pub(super) &'b [Booking]);

impl Batch<'_> {
    /// Writes and commits; the entries' keys and their tickets. After an error the transaction is to
    /// be rolled back.
    pub(super) async fn write(
        &self,
        client: &Client,
        statements: &Statements,
    ) -> Result<Vec<(EntryKey, Ticket)>, Error> {
        // Counters are shared by bookings of both committers, so their rows are taken in one order;
        // and last, because the other committer waits for them until this one has committed.
        let ((), _, drawn) = try_join3(
            client.batch_execute("BEGIN"),
            try_join(self.claims(client, statements), self.trail(client, statements)),
            self.draw(client, statements),
        )
        .await?;
        let booked = self.tickets(&drawn);
        try_join(self.entries(client, statements, &booked), client.batch_execute("COMMIT")).await?;
        Ok(booked)
    }

    async fn claims(&self, client: &Client, statements: &Statements) -> Result<(), Error> {
        let (facilities, entries) = (self.facilities(), self.entry_ids());
        let (persons, starts) = (self.persons(), self.starts());
        try_join5(
            client.execute(
                &statements.referral,
                &[
                    &self.column(|it| it.referral.facility.0),
                    &self.column(|it| it.referral.referral.0),
                    &facilities,
                    &entries,
                ],
            ),
            client.execute(
                &statements.specialty,
                &[&persons, &self.column(|it| it.specialty), &facilities, &entries, &starts],
            ),
            client.execute(&statements.place, &[&facilities, &self.column(|it| it.slot), &entries]),
            client.execute(&statements.day, &[&persons, &self.column(|it| it.day.to_string())]),
            client.execute(&statements.time, &[&persons, &starts, &facilities, &entries]),
        )
        .await
        .map(drop)
    }

    /// Messages and audit records.
    async fn trail(&self, client: &Client, statements: &Statements) -> Result<(), Error> {
        let (facilities, entries) = (self.facilities(), self.entry_ids());
        let moments = self.column(|it| it.now.as_microsecond());
        try_join(
            client.execute(&statements.outbox, &[&facilities, &entries, &moments, &MessageKind::Booked.code()]),
            client.execute(
                &statements.audit,
                &[
                    &self.column(|it| it.request),
                    &self.column(|it| it.audit),
                    &moments,
                    &self.persons(),
                    &facilities,
                    &self.column(|it| key(it).to_string()),
                    &Channel::Internet.code(),
                    &Action::Book.code(),
                ],
            ),
        )
        .await
        .map(drop)
    }

    /// Draws the numbers of each facility and day: the last of them.
    async fn draw(&self, client: &Client, statements: &Statements) -> Result<Vec<Row>, Error> {
        let mut counts: BTreeMap<(FacilityId, Date), i64> = BTreeMap::new();
        for booking in self.0 {
            *counts.entry((booking.resource.facility, booking.day)).or_default() += 1;
        }
        let facilities: Vec<Uuid> = counts.keys().map(|(facility, _)| facility.0).collect();
        let days: Vec<String> = counts.keys().map(|(_, day)| day.to_string()).collect();
        let counts: Vec<i64> = counts.into_values().collect();
        client.query(&statements.ticket, &[&facilities, &days, &counts]).await
    }

    fn tickets(&self, drawn: &[Row]) -> Vec<(EntryKey, Ticket)> {
        let mut last: BTreeMap<(Uuid, String), i64> =
            drawn.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
        let mut next = |booking: &Booking| {
            let number = last.get_mut(&(booking.resource.facility.0, booking.day.to_string()))?;
            *number -= 1;
            u32::try_from(*number + 1).ok()
        };
        self.0.iter().map(|it| (key(it), Ticket::new("Т", next(it).unwrap_or_default()))).collect()
    }

    async fn entries(
        &self,
        client: &Client,
        statements: &Statements,
        booked: &[(EntryKey, Ticket)],
    ) -> Result<u64, Error> {
        let tickets: Vec<&str> = booked.iter().map(|(_, ticket)| ticket.0.as_str()).collect();
        client
            .execute(
                &statements.entry,
                &[
                    &self.facilities(),
                    &self.entry_ids(),
                    &self.persons(),
                    &self.column(|it| it.referral.facility.0),
                    &self.column(|it| it.referral.referral.0),
                    &self.column(|it| it.resource.resource.0),
                    &self.column(|it| it.slot),
                    &self.column(|it| it.specialty),
                    &self.starts(),
                    &tickets,
                    &self.column(|it| it.now.as_microsecond()),
                    // As long as a checksum; working one out is Talon's own idea.
                    &self.column(|it| &it.entry.as_bytes()[8..]),
                    &MINUTES,
                    &EntryState::Booked.code(),
                    &Channel::Internet.code(),
                ],
            )
            .await
    }

    fn column<'b, T>(&'b self, value: impl Fn(&'b Booking) -> T) -> Vec<T> {
        self.0.iter().map(value).collect()
    }

    fn facilities(&self) -> Vec<Uuid> {
        self.column(|it| it.resource.facility.0)
    }

    fn entry_ids(&self) -> Vec<Uuid> {
        self.column(|it| it.entry)
    }

    fn persons(&self) -> Vec<Uuid> {
        self.column(|it| it.person)
    }

    fn starts(&self) -> Vec<i64> {
        self.column(|it| it.start.as_second())
    }
}

fn key(booking: &Booking) -> EntryKey {
    EntryKey { facility: booking.resource.facility, entry: EntryId(booking.entry) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use talon_domain::ids::{ResourceId, ResourceKey};
    use talon_testkit::postgres::Postgres;

    use super::*;
    use crate::{clock, floor::postgres};

    fn booking(number: u128) -> Booking {
        let resource =
            ResourceKey { facility: FacilityId(Uuid::from_u128(1)), resource: ResourceId(Uuid::from_u128(number)) };
        let body = format!(
            r#"{{"direction_id":"{resource}","lpu_code":"1","resource_id":"{resource}","day":"2026-04-14","time":"09:15"}}"#
        );
        Booking::read(Uuid::from_u128(number), body.as_bytes(), clock::now()).unwrap()
    }

    #[tokio::test]
    async fn a_batch_leaves_a_row_of_each_booking_in_every_table_that_talon_writes() {
        let schema = Postgres::shared().schema();
        let client = postgres::open(schema.url()).await.unwrap();
        let statements = Statements::prepare(&client).await.unwrap();
        let bookings: Vec<Booking> = (1..=3).map(booking).collect();
        let booked = Batch(&bookings).write(&client, &statements).await.unwrap();
        let tickets: HashSet<&str> = booked.iter().map(|(_, ticket)| ticket.0.as_str()).collect();
        assert_eq!(tickets, HashSet::from(["Т-001", "Т-002", "Т-003"]));
        let tables =
            ["entry", "claim_referral", "claim_specialty", "claim_place", "claim_time", "claim_day", "outbox", "audit"];
        for table in tables {
            assert_eq!(schema.psql(&format!("SELECT count(*) FROM {table}")), "3", "{table}");
        }
        assert_eq!(schema.psql("SELECT last FROM ticket_counter"), "3");
        assert!(Batch(&bookings).write(&client, &statements).await.is_err(), "the keys are taken");
    }
}
