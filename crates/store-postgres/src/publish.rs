//! Making a template's slots what the template now says, without touching booked ones.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{Timestamp, ToSpan, civil::Date};
use talon_domain::{facility::Facility, ids::ResourceKey, schedule::Template, slot::Slot};
use talon_store::{LONGEST_CELL, Published, StoreError};

use crate::{
    failure::{Failure, Result},
    locks::Locks,
    offers,
    session::Session,
    slots::{self, Taken, slot_columns},
    template,
    transaction::Tx,
    webhooks,
};

/// Replaces the slots that `template` made on these days, both included.
pub(crate) async fn publish(
    session: &Session<'_>,
    template: &Template,
    days: (Date, Date),
    wanted: &[Slot],
    now: Timestamp,
) -> Result<Published> {
    let tx = session.tx;
    let facility = session
        .reference
        .facility(template.resource.facility)
        .ok_or_else(|| StoreError::Bug("a template without its facility".to_owned()))?;
    let wanted = wanted.iter().map(|slot| (slot.start, slot.clone())).collect();
    let mut job = Job { template, hours: hours(facility, days)?, wanted };
    // Every node publishes every hour, and nearly always finds everything as it should be: that must
    // keep nobody waiting.
    let cells = job.cells(tx).await?;
    job.keep_absences(&cells);
    if job.is_done(&cells) && job.left_behind(tx).await?.is_empty() {
        return Ok(Published::default());
    }
    // From here on nobody else changes the resource's schedule. Of two nodes that publish at once the
    // second comes here when the first has committed.
    let mut locks = Locks::default();
    locks.add(tx, Locks { resources: [template.resource].into(), ..Locks::default() }).await?;
    if template::find(tx, template).await?.is_some_and(|stored| stored != *template) {
        // It was changed since the caller read it, and whoever changed it publishes it: its old
        // cells must not come back.
        return Ok(Published::default());
    }
    let (cells, left_behind) = (job.cells(tx).await?, job.left_behind(tx).await?);
    job.keep_absences(&cells);
    let going: Vec<_> = job.differing(&cells).chain(&left_behind).map(|cell| cell.key).collect();
    locks.add(tx, Locks { slots: going.iter().copied().collect(), ..Locks::default() }).await?;
    let changes = job.changes(&cells, &left_behind, &slots::taken(tx, &going).await?);
    let new = changes.add.clone();
    let changed = changes.resources();
    let done = changes.make(tx).await?;
    offers::give_new(session, &new, now).await?;
    webhooks::owe_schedule(session, &changed, now).await?;
    Ok(done)
}

/// The instants between which these days lie.
fn hours(facility: &Facility, (from, until): (Date, Date)) -> Result<(Timestamp, Timestamp)> {
    let midnight = |day: Date| facility.zone.nearest_instant(day.to_datetime(jiff::civil::Time::midnight()));
    match (midnight(from), midnight(until.saturating_add(1.day()))) {
        (Some(start), Some(end)) => Ok((start, end)),
        _ => Err(StoreError::Bug("days out of range".to_owned()).into()),
    }
}

/// What is to be there.
struct Job<'a> {
    template: &'a Template,
    hours: (Timestamp, Timestamp),
    wanted: HashMap<Timestamp, Slot>,
}

impl Job<'_> {
    /// The resource's cells on these days and next to them, the template's and others.
    async fn cells(&self, tx: &Tx) -> Result<Vec<Slot>> {
        let ResourceKey { facility, resource } = self.template.resource;
        let last = self.wanted.values().map(|slot| slot.interval().end).max().unwrap_or_default();
        let rows = tx
            .query(
                concat!(
                    "SELECT ",
                    slot_columns!(),
                    " FROM slot s WHERE s.facility = $1 AND s.resource = $2 AND s.start >= $3 AND s.start < $4 \
                     ORDER BY s.start"
                ),
                params![
                    facility.0,
                    resource.0,
                    self.hours.0.as_second() - LONGEST_CELL.as_secs(),
                    self.hours.1.max(last).as_second()
                ],
            )
            .await?;
        rows.iter().map(slots::read).collect()
    }

    /// The cells that the template made on these days for resources that it has left.
    async fn left_behind(&self, tx: &Tx) -> Result<Vec<Slot>> {
        let ResourceKey { facility, resource } = self.template.resource;
        let (start, end) = self.hours;
        let rows = tx
            .query(
                concat!(
                    "SELECT ",
                    slot_columns!(),
                    " FROM template_moved m JOIN slot s ON s.facility = m.facility AND s.resource = m.resource \
                     AND s.template = m.template WHERE m.facility = $1 AND m.template = $2 AND m.resource <> $3 \
                     AND s.start >= $4 AND s.start < $5"
                ),
                params![facility.0, self.template.id.0, resource.0, start.as_second(), end.as_second()],
            )
            .await?;
        rows.iter().map(slots::read).collect()
    }

    /// Those of the cells that the template made on these days.
    fn made_before<'c>(&self, cells: &'c [Slot]) -> impl Iterator<Item = &'c Slot> {
        let (id, (start, end)) = (self.template.id, self.hours);
        cells.iter().filter(move |cell| cell.template == Some(id) && cell.start >= start && cell.start < end)
    }

    /// A template knows of no absence: a cell in which nobody receives stays so.
    fn keep_absences(&mut self, cells: &[Slot]) {
        let absent: HashSet<_> = self.made_before(cells).filter(|cell| cell.absent).map(|cell| cell.start).collect();
        for (start, slot) in &mut self.wanted {
            slot.absent = absent.contains(start);
        }
    }

    /// Those of them that it does not make, or not so, any more.
    fn differing<'c>(&self, cells: &'c [Slot]) -> impl Iterator<Item = &'c Slot> {
        self.made_before(cells).filter(|cell| self.wanted.get(&cell.start) != Some(cell))
    }

    fn is_done(&self, cells: &[Slot]) -> bool {
        self.made_before(cells).count() == self.wanted.len() && self.differing(cells).next().is_none()
    }

    /// What to do about it. `taken` tells of the cells that differ and of those left behind.
    fn changes<'c>(&'c self, cells: &'c [Slot], left_behind: &'c [Slot], taken: &Taken) -> Changes<'c> {
        let mut changes = Changes::default();
        let is_booked = |cell: &&Slot| taken.highest(cell.key).is_some();
        let (booked, free): (Vec<_>, Vec<_>) = self.differing(cells).partition(is_booked);
        let (booked_there, free_there): (Vec<_>, Vec<_>) = left_behind.iter().partition(is_booked);
        changes.done.kept = (booked.len() + booked_there.len()) as u64;
        let free: HashMap<_, _> = free.into_iter().map(|cell| (cell.start, cell)).collect();
        let staying = cells.iter().filter(|cell| free.get(&cell.start) != Some(cell));
        let mut staying: BTreeMap<_, _> = staying.map(|cell| (cell.start, cell)).collect();
        let there: HashSet<_> = self.made_before(cells).map(|cell| cell.start).collect();
        let is_missing = |start: &Timestamp| !there.contains(start) || free.contains_key(start);
        let mut missing: Vec<_> = self.wanted.values().filter(|slot| is_missing(&slot.start)).collect();
        missing.sort_by_key(|slot| slot.start);
        for slot in missing {
            let first = slot.start.saturating_sub(LONGEST_CELL).unwrap_or(Timestamp::MIN);
            let mut near = staying.range(first..slot.interval().end);
            if near.any(|(_, other)| other.interval().overlaps(&slot.interval())) {
                changes.done.blocked += 1;
                continue;
            }
            staying.insert(slot.start, slot);
            match free.get(&slot.start) {
                // A booking that waits for the cell finds it still there.
                Some(cell) if cell.key == slot.key => changes.change.push(slot),
                _ => changes.add.push(slot),
            }
        }
        let changed: HashSet<_> = changes.change.iter().map(|slot| slot.start).collect();
        changes.remove = free.into_values().filter(|cell| !changed.contains(&cell.start)).collect();
        let gone = changes.remove.iter().filter(|cell| !self.wanted.contains_key(&cell.start)).count();
        changes.done.removed = (gone + free_there.len()) as u64;
        changes.remove.extend(free_there);
        changes
    }
}

/// What is to be written, and what was found.
#[derive(Default)]
struct Changes<'a> {
    remove: Vec<&'a Slot>,
    change: Vec<&'a Slot>,
    add: Vec<&'a Slot>,
    done: Published,
}

impl Changes<'_> {
    /// Whose times come, go or change.
    fn resources(&self) -> BTreeSet<ResourceKey> {
        let slots = self.remove.iter().chain(&self.change).chain(&self.add);
        slots.map(|slot| ResourceKey { facility: slot.key.facility, resource: slot.resource }).collect()
    }

    async fn make(self, tx: &Tx) -> Result<Published> {
        slots::delete(tx, &self.remove).await?;
        let changed = slots::update(tx, &self.change).await?;
        if changed != self.change.len() as u64 {
            return Err(Failure::Again("a cell was given to another resource by an import".to_owned()));
        }
        // One whose guid is somewhere else, among what is booked or on other days, is left out.
        let added = slots::insert(tx, &self.add).await?;
        let left_out = self.add.len() as u64 - added;
        Ok(Published { added: added + changed, blocked: self.done.blocked + left_out, ..self.done })
    }
}
