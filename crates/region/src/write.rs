//! Writing lines: `type` first, then the keys in the order of the contract, compact.

mod audit;
mod booking;
mod history;
mod people;
mod reference;
mod schedule;
mod waiting;

use std::io::{self, Write};

use crate::{Line, object::Object, type_of};

/// Writes one line with its line break.
pub fn write_line(line: &Line, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(512);
    append_line(line, &mut buffer);
    out.write_all(&buffer)
}

/// Writes one line with its line break at the end of a buffer.
pub(crate) fn append_line(line: &Line, buffer: &mut Vec<u8>) {
    let mut object = Object::begin(buffer);
    object.plain("type", type_of(line.kind()));
    match line {
        Line::Specialty(specialty) => reference::specialty(&mut object, specialty),
        Line::Facility(facility) => reference::facility(&mut object, facility),
        Line::Resource(resource) => reference::resource(&mut object, resource),
        Line::Client(client) => reference::client(&mut object, client),
        Line::Person(person) => people::person(&mut object, person),
        Line::Card(card) => people::card(&mut object, card),
        Line::Referral(referral) => people::referral(&mut object, referral),
        Line::Template(template) => schedule::template(&mut object, template),
        Line::Slot(slot) => schedule::slot(&mut object, slot),
        Line::Entry(entry) => booking::entry(&mut object, entry),
        Line::EntryVersion(version) => history::entry_version(&mut object, version),
        Line::Cancellation(cancellation) => history::cancellation(&mut object, cancellation),
        Line::Waiting(place) => waiting::waiting(&mut object, place),
        Line::Counter(counter) => booking::counter(&mut object, counter),
        Line::Message(message) => booking::message(&mut object, message),
        Line::Audit(audit) => audit::audit(&mut object, audit),
        Line::Seal(seal) => audit::seal(&mut object, seal),
    }
    object.end();
    buffer.push(b'\n');
}
