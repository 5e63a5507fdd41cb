//! The ticket of an entry: a page for print, and a calendar entry.
//!
//! Both are made anew from the entry's present state and from reference data each time that they are asked
//! for, so that a ticket never shows what is no longer true. Neither names the patient: a ticket lies about
//! on paper, and its link can be passed on.

mod calendar;
mod page;
mod qr;
mod words;

use jiff::{Timestamp, civil::DateTime};
use talon_domain::{
    entry::Entry,
    facility::Facility,
    resource::{Resource, Specialty},
};

pub use calendar::{Parties, calendar, invitation, method};
pub use page::{Paper, STYLE, page};
pub use words::{Language, minute};

/// Everything that a ticket shows.
#[derive(Clone, Copy, Debug)]
pub struct Ticket<'a> {
    /// The entry as it is now.
    pub entry: &'a Entry,
    /// Where it takes place.
    pub facility: &'a Facility,
    /// With whom; `None` when the facility does not have the resource any more.
    pub resource: Option<&'a Resource>,
    /// Of which specialty; `None` when the installation does not list it any more.
    pub specialty: Option<&'a Specialty>,
    /// The number printed on the referral, of which the ticket shows the tail.
    pub referral: Option<&'a str>,
    /// What the QR code says: an address that opens this ticket, or its token alone.
    pub link: &'a str,
    /// When the ticket is made.
    pub now: Timestamp,
}

impl Ticket<'_> {
    /// When the visit begins, local to the facility.
    #[must_use]
    pub fn local_start(&self) -> DateTime {
        self.facility.zone.local(self.entry.start)
    }

    /// With whom: a doctor's full name, or a room's or a piece of equipment's.
    fn who(&self) -> &str {
        self.resource.map_or("", |resource| resource.name.as_str())
    }

    /// The last four characters of the referral's number: enough to tell one's own two apart, too little
    /// for anybody else.
    fn referral_tail(&self) -> Option<String> {
        let number = self.referral?;
        let length = number.chars().count();
        (length > 0).then(|| number.chars().skip(length.saturating_sub(4)).collect())
    }
}

#[cfg(test)]
mod tests;
