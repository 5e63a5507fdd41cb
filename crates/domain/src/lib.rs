//! Booking by referral, in types and rules.
//!
//! Nothing here does I/O, reads a clock or draws a random number: what a rule needs to know is in
//! its arguments, what it decides is its value. Back ends load [`booking::Facts`], call
//! [`booking::decide`] and write what it returns.

pub mod access;
pub mod audit;
pub mod booking;
mod codes;
pub mod email;
pub mod entry;
pub mod event;
pub mod facility;
pub mod history;
pub mod ids;
pub mod message;
pub mod node;
pub mod person;
pub mod reference;
pub mod referral;
pub mod resource;
pub mod schedule;
pub mod slot;
pub mod waiting;
pub mod zone;
