//! SQL by PostgreSQL's own client.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use super::programs::client_program;

/// Runs SQL, each statement in a transaction of its own unless it says otherwise, up to the first
/// that fails. Gives rows as lines, columns parted by `|`.
///
/// # Errors
///
/// What the client wrote to standard error.
pub(crate) fn psql(url: &str, sql: &str) -> Result<String, String> {
    let mut command = Command::new(client_program("psql"));
    // The machine's own settings of libpq.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    let mut client = command
        .args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .args(["--dbname", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("psql cannot be run: {error}; Debian's package postgresql-client has it"))?;
    if let Some(mut stdin) = client.stdin.take() {
        // Fails when it could not connect; it says so itself.
        let _ = stdin.write_all(sql.as_bytes());
    }
    let output = client.wait_with_output().map_err(|error| format!("psql: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
