//! How large things may be. Generous for anything real, small enough that nothing is unbounded.

/// Bytes of one line.
pub const LINE_BYTES: usize = 1024 * 1024;

/// Characters of a name: of a facility, a resource, a person's part, a client application.
pub(crate) const NAME: usize = 500;
/// Characters of a postal address.
pub(crate) const ADDRESS: usize = 1000;
/// Characters of a telephone number, with whatever is said beside it.
pub(crate) const PHONE: usize = 100;
/// Characters of a room's name.
pub(crate) const ROOM: usize = 100;
/// Characters of a number printed on a card, a referral or a policy.
pub(crate) const NUMBER: usize = 100;
/// Characters of a specialty's code.
pub(crate) const CODE: usize = 50;
/// Characters of a ticket.
pub(crate) const TICKET: usize = 50;
/// Characters of a secret's hash and of what an audit record says of its object and outcome.
pub(crate) const TEXT: usize = 500;

/// Days ahead that a facility or a client application may see: ten years.
pub(crate) const SCHEDULE_DAYS: u64 = 3660;
/// Minutes of a visit: a day.
pub(crate) const MINUTES: u64 = 24 * 60;
/// Patients in one cell.
pub(crate) const PLACES: u64 = 10_000;
/// Ticket numbers of a facility's day.
pub(crate) const TICKETS: u64 = 999_999;
/// Years of age.
pub(crate) const AGE: u64 = 150;
/// Days between a release and the cell that it opens.
pub(crate) const RELEASE_DAYS: u64 = 366;

/// Specialties under which a patient is on the dispensary register.
pub(crate) const DISPENSARY: usize = 500;
/// Parts of a day.
pub(crate) const PARTS: usize = 48;
/// Breaks of a day.
pub(crate) const BREAKS: usize = 48;
/// Exceptions of a template.
pub(crate) const EXCEPTIONS: usize = 1000;
