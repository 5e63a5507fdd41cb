//! What the figures were taken on.

use std::fs;

use crate::clock;

/// A paragraph for above the table.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = read("/proc/loadavg");
    format!(
        "Taken on {} with `{}`: {cores} cores ({}), Linux {}, SQLite {}. Load of the machine when it began: {}.",
        clock::now().strftime("%Y-%m-%d"),
        command(),
        model.map_or("unnamed", |(_, model)| model.trim()),
        read("/proc/sys/kernel/osrelease").trim(),
        rusqlite::version(),
        load.split(' ').next().unwrap_or("unknown"),
    )
}

/// The command as it can be repeated; where scratch files go is nobody's concern, and an address may hold a
/// password.
fn command() -> String {
    let mut words = vec!["cargo run --release -p talon-bench --".to_owned()];
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--scratch" | "--talon" => drop(given.next()),
            _ if word.starts_with("--scratch=") || word.starts_with("--talon=") => {}
            _ if word.starts_with("--store=") => words.push("--store …".to_owned()),
            "--store" => {
                let name = given.next().and_then(|store| Some(store.split_once('=')?.0.to_owned()));
                words.push(format!("--store {}=…", name.unwrap_or_default()));
            }
            _ => words.push(word),
        }
    }
    words.join(" ")
}
