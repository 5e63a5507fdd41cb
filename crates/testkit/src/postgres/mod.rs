//! PostgreSQL for tests: a server shared by the tests of a process, with a schema for each of them,
//! and servers of a test's own that it may kill.
//!
//! Two variables say where it comes from:
//!
//! * `TALON_TEST_POSTGRES=postgres://USER@HOST/DATABASE`: that server and database, which may be a
//!   distributed engine. Nothing is started or stopped then; a test that needs a server of its own
//!   is told so by [`Cluster::start`]. The role must be allowed to create schemas there.
//! * `TALON_TEST_POSTGRES_BIN=DIRECTORY`: where `initdb` and `postgres` are, if they shall not be the
//!   newest of Debian's.

mod cluster;
mod create;
mod family;
mod home;
mod options;
mod postmaster;
mod programs;
mod psql;
mod schema;
mod shared;
mod standby;
#[cfg(test)]
mod tests;
mod url;

pub use cluster::Cluster;
pub use options::Options;
pub use programs::is_installed;
pub(crate) use psql::psql;
pub use schema::Schema;
pub use shared::Postgres;
pub use url::DatabaseUrl;

/// The variable that names a server to use instead of starting one.
const GIVEN: &str = "TALON_TEST_POSTGRES";
