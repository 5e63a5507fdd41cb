//! The schema as text, and how a distributed engine is to spread it.

/// The statements that make the tables of the newest schema. `talon migrate` runs the same ones.
pub const SCHEMA: &str = concat!(
    include_str!("../migrations/0001_initial.sql"),
    "\n",
    include_str!("../migrations/0002_journey.sql"),
    "\n",
    include_str!("../migrations/0003_contacts.sql"),
    "\n",
    include_str!("../migrations/0004_messages.sql"),
    "\n",
    include_str!("../migrations/0005_audit.sql"),
    "\n",
    include_str!("../migrations/0006_webhooks.sql"),
    "\n",
    include_str!("../migrations/0007_absence.sql")
);

/// The statements that spread the tables over the nodes of a Citus cluster, once they are there.
///
/// What every decision needs is copied to each node. What belongs to a facility lies with the facility,
/// what belongs to a person with the person: a claim's key then lies on one shard, which is what makes
/// it a promise.
pub const DISTRIBUTE_CITUS: &str = include_str!("../migrations/distribute_citus.sql");

/// Tables whose rows a serving role adds and neither changes nor removes.
const ADDED_TO: [&str; 2] = ["audit", "audit_seal"];

/// The statements that give a role the rights that serving needs on each table, and take others away.
#[must_use]
pub fn rights_of(role: &str) -> String {
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let mut statements = vec![format!("GRANT SELECT ON migration TO {role};")];
    for table in SCHEMA.split("CREATE TABLE ").skip(1).filter_map(|table| table.split_whitespace().next()) {
        if ADDED_TO.contains(&table) {
            statements.push(format!("REVOKE ALL ON {table} FROM {role};"));
            statements.push(format!("GRANT SELECT, INSERT ON {table} TO {role};"));
        } else {
            statements.push(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role};"));
        }
    }
    statements.join("\n")
}
