//! The schema as text, and how a distributed engine is to spread it.

/// The statements that make the tables of the newest schema. `talon migrate` runs the same ones.
pub const SCHEMA: &str = concat!(
    include_str!("../migrations/0001_initial.sql"),
    "\n",
    include_str!("../migrations/0002_journey.sql"),
    "\n",
    include_str!("../migrations/0003_contacts.sql"),
    "\n",
    include_str!("../migrations/0004_messages.sql")
);

/// The statements that spread the tables over the nodes of a Citus cluster, once they are there.
///
/// What every decision needs is copied to each node. What belongs to a facility lies with the facility,
/// what belongs to a person with the person: a claim's key then lies on one shard, which is what makes
/// it a promise.
pub const DISTRIBUTE_CITUS: &str = include_str!("../migrations/distribute_citus.sql");
