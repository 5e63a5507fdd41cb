//! Making a template's slots what the template now says, without touching booked ones.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{Timestamp, ToSpan, civil::Date};
use rusqlite::params;
use talon_domain::{facility::Facility, ids::ResourceKey, schedule::Template, slot::Slot};
use talon_store::{Published, StoreError};

use crate::{
    failure::Result,
    import::is_free,
    offers,
    session::Session,
    slots::{self, slot_columns},
    template, webhooks,
};

/// Replaces the slots that `template` made on these days, both included.
pub(crate) fn publish(
    session: &Session<'_>,
    template: &Template,
    days: (Date, Date),
    wanted: &[Slot],
    now: Timestamp,
) -> Result<Published> {
    let connection = session.connection;
    let reference = session.reference();
    let facility = reference
        .facility(template.resource.facility)
        .ok_or_else(|| StoreError::Bug("a template without its facility".to_owned()))?;
    if template::find(connection, template)?.is_some_and(|stored| stored != *template) {
        // It was changed since the caller read it, and whoever changed it publishes it: its old
        // cells must not come back.
        return Ok(Published::default());
    }
    let mut wanted: HashMap<_, _> = wanted.iter().map(|slot| (slot.start, slot.clone())).collect();
    let made_before = made_before(session, template, facility, days)?;
    // A template knows of no absence: a cell in which nobody receives stays so.
    for old in made_before.iter().filter(|old| old.absent && old.resource == template.resource.resource) {
        wanted.entry(old.start).and_modify(|slot| slot.absent = true);
    }
    let mut done = Published::default();
    let (mut there, mut changed) = (HashSet::new(), BTreeSet::new());
    // First what the template does not make any more, so that it does not block what it makes now.
    for old in made_before {
        let here = old.resource == template.resource.resource;
        let same = wanted.get(&old.start) == Some(&old);
        let booked = !same && slots::highest_taken(connection, old.key)?.is_some();
        done.kept += u64::from(booked);
        if same || booked {
            // One that the template has left behind keeps its guid from the new one, but not its time.
            there.extend(here.then_some(old.start));
        } else {
            slots::delete(connection, old.key)?;
            changed.insert(resource(&old));
            done.removed += u64::from(!here || !wanted.contains_key(&old.start));
        }
    }
    let mut missing: Vec<_> = wanted.into_values().filter(|slot| !there.contains(&slot.start)).collect();
    missing.sort_by_key(|slot| slot.start);
    let mut added = Vec::new();
    for slot in missing {
        if is_free(connection, &slot)? && slots::insert(connection, &slot)? {
            added.push(slot);
        } else {
            done.blocked += 1;
        }
    }
    done.added = added.len() as u64;
    offers::give_new(session, &added.iter().collect::<Vec<_>>(), now)?;
    changed.extend(added.iter().map(resource));
    webhooks::owe_schedule(session, &changed, now)?;
    Ok(done)
}

fn resource(slot: &Slot) -> ResourceKey {
    ResourceKey { facility: slot.key.facility, resource: slot.resource }
}

/// The template's slots on these days, also those that it made for resources it has left.
fn made_before(
    session: &Session<'_>,
    template: &Template,
    facility: &Facility,
    (from, until): (Date, Date),
) -> Result<Vec<Slot>> {
    let midnight = |day: Date| facility.zone.nearest_instant(day.to_datetime(jiff::civil::Time::midnight()));
    let (Some(start), Some(end)) = (midnight(from), midnight(until.saturating_add(1.day()))) else {
        return Err(StoreError::Bug("days out of range".to_owned()).into());
    };
    let mut select = session.connection.prepare_cached(concat!(
        "SELECT ",
        slot_columns!(),
        " FROM slot WHERE facility = ?1 AND resource IN (SELECT ?2 UNION SELECT resource FROM template_moved \
         WHERE facility = ?1 AND template = ?5) AND start >= ?3 AND start < ?4 AND template = ?5"
    ))?;
    let rows = select.query_map(
        params![
            template.resource.facility.bytes(),
            template.resource.resource.bytes(),
            start.as_second(),
            end.as_second(),
            template.id.bytes()
        ],
        slots::read,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
