//! The ticket as an HTML page for print.

use askama::Template;
use talon_domain::{entry::EntryState, resource::ResourceKind};

use crate::{
    Ticket,
    qr::{self, Code},
    words::{Language, Words, minute, short},
};

/// What the page is printed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A sheet of A5.
    A5,
    /// A roll 80 mm wide, as kiosks and receipt printers have it.
    Roll80,
}

/// The page's only style sheet. It stands in the page, so that a ticket that was saved prints as it did;
/// whoever serves the page allows it by its hash and nothing else.
pub const STYLE: &str = include_str!("../templates/ticket.css");

#[derive(Template)]
#[template(path = "ticket.html")]
struct Page<'a> {
    words: &'static Words,
    style: &'static str,
    paper: &'static str,
    /// Said above everything else when the visit will not take place, or has.
    state: Option<&'static str>,
    number: &'a str,
    day: String,
    time: String,
    facility: &'a str,
    address: Option<&'a str>,
    phone: Option<&'a str>,
    room: Option<&'a str>,
    who_title: &'static str,
    who: &'a str,
    specialty: Option<&'a str>,
    referral: Option<String>,
    code: Option<Code>,
    made: String,
}

/// The page. Every fact in it is escaped.
#[must_use]
pub fn page(ticket: &Ticket<'_>, paper: Paper, language: Language) -> String {
    let words = language.words();
    let start = ticket.local_start();
    let live = ticket.entry.state.is_live();
    let doctor = ticket.resource.is_some_and(|resource| resource.kind == ResourceKind::Doctor);
    let page = Page {
        words,
        style: STYLE,
        paper: match paper {
            Paper::A5 => "a5",
            Paper::Roll80 => "roll80",
        },
        state: match ticket.entry.state {
            EntryState::Booked => None,
            EntryState::Cancelled => Some(words.cancelled),
            EntryState::Missed => Some(words.missed),
            EntryState::Fulfilled => Some(words.fulfilled),
        },
        number: &ticket.entry.ticket.0,
        day: language.long_day(start.date()),
        time: minute(start),
        facility: &ticket.facility.name,
        address: ticket.facility.address.as_deref(),
        phone: ticket.facility.phone.as_deref(),
        room: ticket.resource.and_then(|resource| resource.room.as_deref()),
        who_title: if doctor { words.doctor } else { words.resource },
        who: ticket.who(),
        specialty: ticket.specialty.map(|specialty| specialty.name.as_str()),
        referral: ticket.referral_tail(),
        // What is over has nothing to be scanned for.
        code: if live { qr::code(ticket.link) } else { None },
        made: short(ticket.facility.zone.local(ticket.now)),
    };
    // Rendering fails only where a value's own formatting does; ours are texts.
    page.render().unwrap_or_default()
}
