//! What tests share: the real binary on a real socket, a client, a region to serve, and checkers
//! that read what is left behind.
//!
//! Everything here belongs to tests: what cannot be set up ends the test with a panic that says
//! what was being done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of tests fails its test by panicking"
)]

mod attempt;
mod certificates;
mod chance;
mod check;
mod client;
pub mod clock;
mod crowd;
mod drive;
mod installation;
mod keys;
mod ledger;
mod limits;
mod loopback;
mod mail;
pub mod postgres;
mod power;
mod proxy;
mod receiver;
mod region;
mod rows;
mod server;
mod strike;

pub use attempt::{Answer, Attempt, Booking, Lost, Outcome};
pub use certificates::Certificates;
pub use chance::Chance;
pub use check::{
    Violation, check_all, claims_astray, duplicates_per_key, expect_none, held_twice, hold_broken, message_missing,
    ok_but_missing, record_missing, refused_but_present, repeats_differ,
};
pub use client::Client;
pub use crowd::{Crowd, Patient};
pub use drive::{Load, Trigger};
pub use installation::{AUDIENCE, ISSUER, Installation};
pub use keys::TestKey;
pub use ledger::{EntryRow, Ledger, Message, Record};
pub use limits::raise_file_limit;
pub use mail::{Fault, Mail, MailRelay, MailTls, Step};
pub use power::{Freeze, NoRig, PowerRig};
pub use proxy::{Direction, Proxy};
pub use receiver::{Posted, Receiver, ReceiverFault};
pub use region::{CardRef, FacilityRef, PersonRef, ReferralRef, RegionBuilder, ResourceRef, SlotRef};
pub use rows::{Rows, TableRows};
pub use server::Server;
pub use strike::{Moment, patients_for_strikes, strike_under_load, strikes_while_booking};
