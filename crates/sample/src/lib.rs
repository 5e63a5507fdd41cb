//! Made-up regions, as records of a store.
//!
//! [`demo`] makes a small one that a reader can believe in, with a [tour](TourStop) of patients
//! who each get another answer. [`Generator`] makes large ones for load tests, as a stream, and
//! knows bookings in them that succeed.
//!
//! Nobody and nothing here is real: names are put together from lists, the region does not exist,
//! telephones have the area code 000, insurance numbers begin with 000-000, addresses of mail end
//! in `example.com`. The same arguments give the same records, guids included.

mod calendar;
mod demo;
mod generate;
mod names;
mod specialties;

pub use demo::{Demo, TourStop, demo};
pub use generate::{GenerateOptions, GeneratedBooking, GeneratedPerson, Generator};
