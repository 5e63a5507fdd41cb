//! All that a store holds, for comparing before with after.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, types::ValueRef};

/// The rows of one table, each as a text of its columns, with how often it occurs.
pub type TableRows = BTreeMap<String, usize>;

/// Where the audit waits for its seal and has it. A server seals with its next second whatever the last one left, so
/// between two readings these change by themselves.
const SEALING: [&str; 3] = ["audit_unsealed", "audit_seal", "audit_chain"];

/// Every row of every table of a SQLite file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// By table.
    pub tables: BTreeMap<String, TableRows>,
}

impl Rows {
    /// Reads a store's file, also while a server has it open: one transaction, so one moment.
    #[must_use]
    pub fn read(store: &Path) -> Self {
        let connection = one_moment(store);
        let mut names = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .expect("the schema can be read");
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("the schema can be read");
        let tables = names.into_iter().map(|name| {
            let rows = table(&connection, &name);
            (name, rows)
        });
        Self { tables: tables.collect() }
    }

    /// How many rows a table has.
    #[must_use]
    pub fn count(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, |rows| rows.values().sum())
    }

    /// What a later reading has more (`+`) or less (`-`), a line a row, table first; but for seals of the audit.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        let none = TableRows::new();
        let names = self.tables.keys().chain(later.tables.keys().filter(|name| !self.tables.contains_key(*name)));
        for name in names.filter(|name| !SEALING.contains(&name.as_str())) {
            let (before, after) = (self.tables.get(name).unwrap_or(&none), later.tables.get(name).unwrap_or(&none));
            for (row, count) in before {
                let left = after.get(row).copied().unwrap_or(0);
                changes.extend((left..*count).map(|_| format!("{name} - {row}")));
            }
            for (row, count) in after {
                let had = before.get(row).copied().unwrap_or(0);
                changes.extend((had..*count).map(|_| format!("{name} + {row}")));
            }
        }
        changes
    }
}

/// Opens a store's file for reading only, at one moment of it. Records of the audit that wait beside it to be taken in are read as if they
/// were.
pub(crate) fn one_moment(store: &Path) -> Connection {
    let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", store.display()));
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a time-out can be set");
    let beside = format!("{}-audit", store.display());
    let has_records = Path::new(&beside).exists() && {
        connection.execute("ATTACH ?1 AS beside", [&beside]).expect("the file beside the store can be read");
        // A server that was killed while it made the file has left it without its table.
        let made = "SELECT count(*) > 0 FROM beside.sqlite_schema WHERE name = 'audit'";
        connection.query_row(made, [], |row| row.get::<_, bool>(0)).expect("its schema can be read")
    };
    if has_records {
        // What is taken in between the first and the second is in both.
        let begin = "CREATE TEMP VIEW audit AS SELECT * FROM beside.audit UNION SELECT * FROM main.audit; \
                     BEGIN; SELECT count(*) FROM beside.audit";
        connection.execute_batch(begin).expect("a read transaction can begin");
    } else {
        connection.execute_batch("BEGIN").expect("a read transaction can begin");
    }
    connection
}

fn table(connection: &Connection, name: &str) -> TableRows {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a table can be read");
    let columns: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
    let mut rows = statement.query([]).expect("a table can be read");
    let mut found = TableRows::new();
    while let Some(row) = rows.next().expect("a table can be read") {
        let text: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| format!("{column}={}", shown(row.get_ref(index).expect("a column can be read"))))
            .collect();
        *found.entry(text.join(" ")).or_default() += 1;
    }
    found
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_row_shows_as_one_less_and_one_more() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.db");
        let connection = Connection::open(&file).unwrap();
        connection
            .execute_batch("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, x'0f'), (2, NULL), (2, NULL)")
            .unwrap();
        let before = Rows::read(&file);
        assert_eq!(before.count("t"), 3);
        connection.execute_batch("UPDATE t SET a = 3 WHERE a = 1; DELETE FROM t WHERE a = 2").unwrap();
        let expected = ["t - a=1 b=0f", "t - a=2 b=null", "t - a=2 b=null", "t + a=3 b=0f"];
        assert_eq!(before.changes(&Rows::read(&file)), expected);
    }
}
