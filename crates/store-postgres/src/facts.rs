//! The facts of a batch of commands, read where their decisions' transaction sees them: one round
//! trip for everybody, one more for those who have visits already.

use std::collections::{HashMap, HashSet};

use futures_util::future::try_join5;
use jiff::Timestamp;
use talon_domain::{
    booking::{BookCommand, Facts, KnownPatient, NamedReferral, Pause, Visit},
    entry::Entry,
    facility::FacilityName,
    ids::{EntryId, EntryKey, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, ResourceKey},
    person::{Card, Person},
    reference::Reference,
    referral::{Referral, ReferralKind, ReferralState},
    resource::SpecialtyCode,
    slot::Slot,
};
use tokio_postgres::Row;

use crate::{
    claims::DayVersions,
    columns::{code, column, counter, day, get, guid, guids, optional_code, optional_guid, seconds},
    entry,
    failure::Result,
    given_up,
    people::{card_columns, person_columns, read_card, read_person},
    slots::{self, SLOT_COLUMNS, Taken, slot_columns, taken_columns},
    transaction::Tx,
};

/// Whose facts are wanted: what a command and a search for free times have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) person: PersonId,
    pub(crate) lpu: &'a FacilityName,
    pub(crate) referral: Option<ReferralKey>,
    pub(crate) now: Timestamp,
}

/// Persons with their cards, referrals and visits. A row that cannot be read spoils the facts of those
/// whom it concerns, and nobody else's.
#[derive(Default)]
pub(crate) struct Patients {
    persons: HashMap<PersonId, Person>,
    cards: HashMap<(FacilityId, PersonId), Card>,
    referrals: HashMap<ReferralKey, Referral>,
    uses: HashMap<ReferralKey, EntryKey>,
    visits: HashMap<PersonId, Vec<(Timestamp, EntryKey)>>,
    pauses: HashMap<PersonId, Vec<Pause>>,
    days: DayVersions,
    entries: HashMap<EntryKey, Entry>,
    damaged: HashMap<EntryKey, talon_store::StoreError>,
}

/// Reads what does not depend on the time asked for. The same questions are asked whether a referral
/// is absent or somebody else's.
pub(crate) async fn patients(tx: &Tx, reference: &Reference, asked: &[Asked<'_>]) -> Result<Patients> {
    let everybody = column(asked, |asked| asked.person);
    let persons = guids(&everybody, |person| person.0);
    let referrals: Vec<_> = asked.iter().filter_map(|asked| Some((asked.referral?, asked.person))).collect();
    let (issuers, numbers) =
        (guids(&referrals, |(key, _)| key.facility.0), guids(&referrals, |(key, _)| key.referral.0));
    let owners = guids(&referrals, |(_, person)| person.0);
    let named: Vec<_> =
        asked.iter().filter_map(|asked| Some((reference.facility_named(asked.lpu)?.id, asked.person))).collect();
    let facilities = guids(&named, |(facility, _)| facility.0);
    let holders = guids(&named, |(_, person)| person.0);
    // Those ahead of the earliest present are enough for everybody.
    let earliest = asked.iter().map(|asked| asked.now).min().unwrap_or_default();
    let now = earliest.as_second();
    let (found_persons, cards, found_referrals, (days, times), pauses) = try_join5(
        tx.query(concat!("SELECT ", person_columns!(), " FROM person p WHERE p.person = ANY($1)"), params![persons]),
        tx.query(
            concat!(
                "SELECT ",
                card_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, person) \
                 JOIN card c ON c.facility = q.facility AND c.person = q.person"
            ),
            params![facilities, holders],
        ),
        // The claim hangs on its referral by an outer join, and is looked up under its key for that reason:
        // a plan made while there were hardly any claims would go through all of them, and stay.
        tx.query(
            concat!(
                "SELECT ",
                referral_columns!(),
                ", c.entry_facility, c.entry \
                 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(facility, referral, person) \
                 JOIN referral r ON r.facility = q.facility AND r.referral = q.referral AND r.person = q.person \
                 LEFT JOIN claim_referral c ON c.facility = r.facility AND c.referral = r.referral"
            ),
            params![issuers, numbers, owners],
        ),
        // The versions first: a visit that another node commits in between is then seen, and its version is
        // not, which costs another try. The other way round the visit would be overlooked and the version fit.
        // One statement for both would not do everywhere; Citus makes two of it, in an order of its own.
        tx.query_in_turn(
            (
                "SELECT person, day, version FROM claim_day WHERE person = ANY($1) AND day >= $2",
                params![persons, first_day(now)],
            ),
            (
                "SELECT person, start, facility, entry FROM claim_time WHERE person = ANY($1) AND start > $2",
                params![persons, now],
            ),
        ),
        given_up::pauses(tx, &everybody, earliest),
    )
    .await?;
    let mut patients = Patients::default();
    for row in &found_persons {
        let person = read_person(row)?;
        patients.persons.insert(person.id, person);
    }
    for row in &cards {
        let card = read_card(tx.contacts(), row)?;
        patients.cards.insert((card.facility, card.person), card);
    }
    for row in &found_referrals {
        drop(patients.note_referral(row)?);
    }
    for row in &days {
        patients.days.add(guid!(row, 0, PersonId)?, day(row, 1)?, i64::from(counter(row, 2)?));
    }
    for row in &times {
        let entry = EntryKey { facility: guid!(row, 2, FacilityId)?, entry: guid!(row, 3, EntryId)? };
        patients.visits.entry(guid!(row, 0, PersonId)?).or_default().push((seconds(row, 1)?, entry));
    }
    for (person, pause) in pauses {
        patients.pauses.entry(person).or_default().push(pause);
    }
    patients.read_entries(tx).await?;
    Ok(patients)
}

/// The UTC day before an instant: a visit that is ahead cannot touch an earlier one.
fn first_day(second: i64) -> String {
    let instant = Timestamp::from_second(second - 24 * 60 * 60).unwrap_or(Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::UTC.to_datetime(instant).date().to_string()
}

impl Patients {
    /// Notes a referral and, if there is one, the entry that uses it up, which stands in the two columns after.
    pub(crate) fn note_referral(&mut self, row: &Row) -> Result<Referral> {
        let referral = read_referral(row)?;
        if let (Some(facility), Some(entry)) =
            (optional_guid!(row, REFERRAL_COLUMNS, FacilityId)?, optional_guid!(row, REFERRAL_COLUMNS + 1, EntryId)?)
        {
            self.uses.insert(referral.key, EntryKey { facility, entry });
        }
        self.referrals.insert(referral.key, referral.clone());
        Ok(referral)
    }

    /// Entries lie with their facilities, apart from what leads to them.
    pub(crate) async fn read_entries(&mut self, tx: &Tx) -> Result<()> {
        let ahead = self.visits.values().flatten().map(|(_, key)| *key);
        let keys: HashSet<EntryKey> = self.uses.values().copied().chain(ahead).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        for row in &entry::rows(tx, &keys).await? {
            let key = EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? };
            match entry::read(row) {
                Ok(entry) => drop(self.entries.insert(key, entry)),
                Err(failure) => drop(self.damaged.insert(key, failure.into())),
            }
        }
        Ok(())
    }

    /// Whether the referral was used when it was looked up.
    pub(crate) fn is_used(&self, referral: ReferralKey) -> bool {
        self.uses.contains_key(&referral)
    }

    /// Whether the person had a visit at this start when theirs were looked up.
    pub(crate) fn has_visit(&self, person: PersonId, start: Timestamp) -> bool {
        self.visits.get(&person).is_some_and(|visits| visits.iter().any(|(at, _)| *at == start))
    }

    /// The person.
    pub(crate) fn person(&self, person: PersonId) -> Option<&Person> {
        self.persons.get(&person)
    }

    /// The versions of a person's days.
    pub(crate) fn days(&self) -> &DayVersions {
        &self.days
    }

    /// The facts of one of those who were asked for, but for the time.
    pub(crate) fn facts(&self, reference: &Reference, asked: &Asked<'_>) -> Result<Facts> {
        let Some(facility) = reference.facility_named(asked.lpu) else { return Ok(Facts::default()) };
        let card = self.cards.get(&(facility.id, asked.person)).cloned();
        let person = self.persons.get(&asked.person).cloned();
        let named =
            asked.referral.map(|key| self.referrals.get(&key).filter(|referral| referral.person == asked.person));
        let referral_use = match asked.referral {
            Some(referral) => self.referral_use(reference, referral, asked.person)?,
            None => None,
        };
        Ok(Facts {
            facility: Some(facility.clone()),
            patient: person.zip(card).map(|(person, card)| KnownPatient { person, card }),
            referral: match named {
                None => NamedReferral::None,
                Some(None) => NamedReferral::Absent,
                Some(Some(referral)) => NamedReferral::Own(referral.clone()),
            },
            referral_use,
            visits: self.visits_ahead(reference, asked)?,
            pauses: self.pauses.get(&asked.person).cloned().unwrap_or_default(),
            ..Facts::default()
        })
    }

    /// The visit that uses a person's referral up.
    pub(crate) fn referral_use(
        &self,
        reference: &Reference,
        referral: ReferralKey,
        person: PersonId,
    ) -> Result<Option<Visit>> {
        let Some(key) = self.uses.get(&referral) else { return Ok(None) };
        let entry = self.entry(key)?;
        Ok(entry.filter(|entry| entry.person == person).map(|entry| visit(reference, entry)))
    }

    fn visits_ahead(&self, reference: &Reference, asked: &Asked<'_>) -> Result<Vec<Visit>> {
        let mut visits = Vec::new();
        for (start, key) in self.visits.get(&asked.person).into_iter().flatten() {
            if let Some(entry) = self.entry(key)?.filter(|entry| *start > asked.now && entry.person == asked.person) {
                visits.push(visit(reference, entry));
            }
        }
        visits.sort_by_key(|visit| visit.entry.start);
        Ok(visits)
    }

    fn entry(&self, key: &EntryKey) -> Result<Option<Entry>> {
        match self.damaged.get(key) {
            Some(error) => Err(error.clone().into()),
            None => Ok(self.entries.get(key).cloned()),
        }
    }
}

fn visit(reference: &Reference, entry: Entry) -> Visit {
    let key = ResourceKey { facility: entry.key.facility, resource: entry.resource };
    let who = reference.resource(key).map(|resource| resource.short_name()).unwrap_or_default();
    // An entry's facility is never deleted; in UTC its time would still be true.
    let local_start = match reference.facility(entry.key.facility) {
        Some(facility) => facility.zone.local(entry.start),
        None => jiff::tz::TimeZone::UTC.to_datetime(entry.start),
    };
    Visit { entry, who, local_start }
}

/// The cells that commands ask for, and which of their places are taken.
#[derive(Default)]
pub(crate) struct Cells {
    at: HashMap<(ResourceKey, Timestamp), Slot>,
    pub(crate) taken: Taken,
}

/// Reads the cells of a batch. Until one is held (`slots::hold`) it may be withdrawn or changed.
pub(crate) async fn cells(tx: &Tx, reference: &Reference, commands: &[&BookCommand]) -> Result<Cells> {
    let mut asked: Vec<_> = commands.iter().filter_map(|command| place_and_time(reference, command)).collect();
    asked.sort_unstable();
    asked.dedup();
    if asked.is_empty() {
        return Ok(Cells::default());
    }
    let facilities = guids(&asked, |(resource, _)| resource.facility.0);
    let resources = guids(&asked, |(resource, _)| resource.resource.0);
    let starts = column(&asked, |(_, start)| start.as_second());
    // Claims hang on their cells as they do on their referrals (see `patients`).
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                slot_columns!(),
                ", ",
                taken_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS q(facility, resource, start) \
                 JOIN slot s ON s.facility = q.facility AND s.resource = q.resource AND s.start = q.start \
                 LEFT JOIN claim_place c ON c.facility = s.facility AND c.slot = s.slot"
            ),
            params![facilities, resources, starts],
        )
        .await?;
    let mut cells = Cells::default();
    for row in &rows {
        let slot = slots::read(row)?;
        cells.taken.read(slot.key, row, SLOT_COLUMNS)?;
        cells.at.insert((ResourceKey { facility: slot.key.facility, resource: slot.resource }, slot.start), slot);
    }
    Ok(cells)
}

/// The resource and the instant that a command asks for, if it names a resource of its facility and a
/// time that exists there.
pub(crate) fn place_and_time(reference: &Reference, command: &BookCommand) -> Option<(ResourceKey, Timestamp)> {
    let facility = reference.facility_named(&command.lpu.name)?;
    // The facility glued into `resource_id` must be the one that `lpu_code` names.
    let resource = reference.resource(command.resource).filter(|found| found.key.facility == facility.id)?;
    Some((resource.key, facility.zone.instant(command.day.to_datetime(command.time))?))
}

impl Cells {
    /// Adds the resource and the cell that a command asks for.
    pub(crate) fn complete(&self, facts: &mut Facts, reference: &Reference, command: &BookCommand, now: Timestamp) {
        let Some(facility) = &facts.facility else { return };
        let resource = reference.resource(command.resource).filter(|found| found.key.facility == facility.id);
        let Some(resource) = resource else { return };
        facts.resource = Some(resource.clone());
        facts.specialty = reference.specialty(&resource.specialty).cloned();
        let asked = place_and_time(reference, command);
        facts.cell =
            asked.and_then(|asked| self.at.get(&asked)).map(|slot| self.taken.cell(slot.clone(), command.person, now));
    }
}

/// The columns that [`read_referral`] expects, of a table or alias `r`.
macro_rules! referral_columns {
    () => {
        "r.facility, r.referral, r.number, r.person, r.kind, r.specialty, r.to_facility, r.resource_facility, \
         r.resource, r.issued, r.valid_until, r.state"
    };
}
pub(crate) use referral_columns;

/// How many they are.
const REFERRAL_COLUMNS: usize = 12;

pub(crate) fn read_referral(row: &Row) -> Result<Referral> {
    let resource = match (optional_guid!(row, 7, FacilityId)?, optional_guid!(row, 8, ResourceId)?) {
        (Some(facility), Some(resource)) => Some(ResourceKey { facility, resource }),
        _ => None,
    };
    Ok(Referral {
        key: ReferralKey { facility: guid!(row, 0, FacilityId)?, referral: guid!(row, 1, ReferralId)? },
        number: get(row, 2)?,
        person: guid!(row, 3, PersonId)?,
        kind: optional_code(row, 4, ReferralKind::from_code)?,
        specialty: SpecialtyCode(get(row, 5)?),
        to_facility: optional_guid!(row, 6, FacilityId)?,
        resource,
        issued: day(row, 9)?,
        valid_until: day(row, 10)?,
        state: code(row, 11, ReferralState::from_code)?,
    })
}
