//! The ticket as a calendar entry (RFC 5545).

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use talon_domain::entry::EntryState;

use crate::{
    Ticket,
    words::{Language, minute},
};

/// The longest line, in octets; a longer one is folded (RFC 5545, 3.1).
const LONGEST_LINE: usize = 75;

/// Between whom a visit is agreed, by their addresses (RFC 5546). Nobody is named.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// Who sends it.
    pub organizer: &'a str,
    /// The patient.
    pub attendee: &'a str,
}

/// The calendar with this one visit. Its UID stays the same through all changes and SEQUENCE grows with each, so
/// that a calendar which has an older state takes this one in its place.
#[must_use]
pub fn calendar(ticket: &Ticket<'_>, language: Language) -> String {
    write(ticket, language, None)
}

/// The same as a message carries it: a calendar puts the visit down, moves it, or takes it out again.
#[must_use]
pub fn invitation(ticket: &Ticket<'_>, language: Language, parties: Parties<'_>) -> String {
    write(ticket, language, Some(parties))
}

/// What an invitation asks a calendar to do, as its METHOD.
#[must_use]
pub fn method(state: EntryState) -> &'static str {
    match state {
        EntryState::Booked | EntryState::Fulfilled => "REQUEST",
        EntryState::Cancelled | EntryState::Missed => "CANCEL",
    }
}

fn write(ticket: &Ticket<'_>, language: Language, parties: Option<Parties<'_>>) -> String {
    let (entry, zone, words) = (ticket.entry, &ticket.facility.zone, language.words());
    let end = entry.interval().end;
    let status = match entry.state {
        EntryState::Booked | EntryState::Fulfilled => "CONFIRMED",
        EntryState::Cancelled | EntryState::Missed => "CANCELLED",
    };
    let specialty = ticket.specialty.map(|specialty| specialty.name.as_str());
    let whom: Vec<&str> = specialty.into_iter().chain([ticket.who()]).filter(|part| !part.is_empty()).collect();
    let summary = format!("{}: {}", words.visit, whom.join(", "));
    let room = ticket.resource.and_then(|resource| resource.room.as_deref());
    let room = room.map(|room| format!("{} {room}", words.room.to_lowercase()));
    let place = [Some(ticket.facility.name.clone()), ticket.facility.address.clone(), room];
    let location = place.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut told = vec![format!("{} {}, {}", words.title, entry.ticket, minute(ticket.local_start()))];
    told.extend(ticket.facility.phone.as_ref().map(|phone| format!("{}: {phone}", words.phone)));
    told.push(words.bring.to_owned());

    let mut lines = Lines::default();
    lines.add("BEGIN:VCALENDAR");
    lines.add("VERSION:2.0");
    lines.add("PRODID:-//Talon//Talon//RU");
    lines.add("CALSCALE:GREGORIAN");
    lines.add(&format!("METHOD:{}", if parties.is_some() { method(entry.state) } else { "PUBLISH" }));
    time_zone(&mut lines, zone.name(), entry.start);
    lines.add("BEGIN:VEVENT");
    lines.add(&format!("UID:{}@talon", entry.key));
    lines.add(&format!("SEQUENCE:{}", entry.version.saturating_sub(1)));
    lines.add(&format!("DTSTAMP:{}", utc(ticket.now)));
    lines.add(&format!("CREATED:{}", utc(entry.booked_at)));
    lines.add(&format!("DTSTART;TZID={}:{}", zone.name(), basic(zone.local(entry.start))));
    lines.add(&format!("DTEND;TZID={}:{}", zone.name(), basic(zone.local(end))));
    lines.add(&format!("STATUS:{status}"));
    lines.add("CLASS:PRIVATE");
    if let Some(parties) = parties {
        lines.add(&format!("ORGANIZER:mailto:{}", uri(parties.organizer)));
        lines.add(&format!("ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{}", uri(parties.attendee)));
    }
    lines.text("SUMMARY", &summary);
    lines.text("LOCATION", &location);
    lines.text("DESCRIPTION", &told.join("\n"));
    if entry.state.is_live() {
        // The day before there is time to make way for somebody else; two hours before, to set out.
        for before in ["-P1D", "-PT2H"] {
            lines.add("BEGIN:VALARM");
            lines.add("ACTION:DISPLAY");
            lines.add(&format!("TRIGGER:{before}"));
            lines.text("DESCRIPTION", words.reminder);
            lines.add("END:VALARM");
        }
    }
    lines.add("END:VEVENT");
    lines.add("END:VCALENDAR");
    lines.0
}

/// The rules of the zone around an instant: the offset in force with the change that brought it, and the next
/// change where there is one. That is all that one visit needs.
fn time_zone(lines: &mut Lines, name: &str, at: Timestamp) {
    // The facility's zone was read by its name from the same data, so it is there.
    let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
    let since = zone.preceding(at).next().map(|change| change.timestamp());
    let next = zone.following(at).next().map(|change| change.timestamp());
    lines.add("BEGIN:VTIMEZONE");
    lines.add(&format!("TZID:{name}"));
    observance(lines, &zone, since.unwrap_or(Timestamp::UNIX_EPOCH));
    if let Some(next) = next {
        observance(lines, &zone, next);
    }
    lines.add("END:VTIMEZONE");
}

/// What holds from a change on. Its beginning is written in the local time of before.
fn observance(lines: &mut Lines, zone: &TimeZone, change: Timestamp) {
    let before = zone.to_offset(change - SignedDuration::from_secs(1));
    let after = zone.to_offset_info(change);
    let kind = if after.dst().is_dst() { "DAYLIGHT" } else { "STANDARD" };
    lines.add(&format!("BEGIN:{kind}"));
    lines.add(&format!("DTSTART:{}", basic(before.to_datetime(change))));
    lines.add(&format!("TZOFFSETFROM:{}", hours_and_minutes(before)));
    lines.add(&format!("TZOFFSETTO:{}", hours_and_minutes(after.offset())));
    lines.add(&format!("TZNAME:{}", after.abbreviation()));
    lines.add(&format!("END:{kind}"));
}

/// An address as it may stand in a URI: whatever has a meaning there or in a content line is written as its octets.
fn uri(address: &str) -> String {
    let mut written = String::new();
    for byte in address.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'+' | b'@' => {
                written.push(char::from(byte));
            }
            other => written.push_str(&format!("%{other:02X}")),
        }
    }
    written
}

/// "+0300".
fn hours_and_minutes(offset: Offset) -> String {
    let sign = if offset.seconds() < 0 { '-' } else { '+' };
    let minutes = offset.seconds().unsigned_abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

/// "20260414T062000Z".
fn utc(at: Timestamp) -> String {
    format!("{}Z", basic(TimeZone::UTC.to_datetime(at)))
}

/// "20260414T092000".
fn basic(at: DateTime) -> String {
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Content lines, each folded and ended as RFC 5545 asks for it.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A line whose value is made of words of ours and numbers.
    fn add(&mut self, line: &str) {
        let mut left = LONGEST_LINE;
        for character in line.chars() {
            if character.len_utf8() > left {
                self.0.push_str("\r\n ");
                left = LONGEST_LINE - 1;
            }
            left -= character.len_utf8();
            self.0.push(character);
        }
        self.0.push_str("\r\n");
    }

    /// A line with a text of somebody else's: no character of it ends the line or the value.
    fn text(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        for character in value.chars() {
            match character {
                '\\' | ';' | ',' => line.extend(['\\', character]),
                '\n' => line.push_str("\\n"),
                // Nothing but a line's end means anything in a text; what an editor or a terminal would act on is left out.
                control if control.is_control() => {}
                plain => line.push(plain),
            }
        }
        self.add(&line);
    }
}
