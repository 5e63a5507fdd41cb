//! `talon doctor`: is this installation fit, and if not, what to do.

mod checks;

use crate::{
    cli::ServerArgs,
    failure::{Failure, Outcome},
    output::say,
};

pub(crate) const EXAMPLES: &str = "\
Each line is ok, warn or FAIL, with what to do. The exit code is 1 when a line says FAIL. Nothing is
changed, except that an older store is brought up to date as `serve` would.

Examples:
  talon doctor
  talon doctor --config /etc/talon.toml";

/// What a check found.
enum Finding {
    /// As it should be.
    Fine(String),
    /// Works, but look at it.
    Warning(String),
    /// Does not work.
    Fault(String),
}

pub(crate) fn run(args: ServerArgs) -> Outcome {
    let settings = args.load()?.settings;
    let mut faults = 0;
    for (name, finding) in checks::all(&settings) {
        let (word, text) = match finding {
            Finding::Fine(text) => ("ok", text),
            Finding::Warning(text) => ("warn", text),
            Finding::Fault(text) => {
                faults += 1;
                ("FAIL", text)
            }
        };
        say(&format!("{word:<5}{name}: {text}"))?;
    }
    if faults == 0 { Ok(()) } else { Err(Failure::Told) }
}
