//! Results, on standard output or in a file.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;

use crate::failure::Outcome;

/// Writes a result to standard output and sends it on its way at once: scripts wait for it.
///
/// # Errors
///
/// Nobody takes it, or the disk it goes to is full.
pub(crate) fn say(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    Ok(written.context("cannot write to standard output")?)
}

/// Where a command's output goes: the file, or standard output. A new file is its owner's alone,
/// because a region is personal data.
///
/// # Errors
///
/// The file cannot be made.
pub(crate) fn to(file: Option<&Path>) -> Outcome<Box<dyn Write>> {
    let Some(path) = file else { return Ok(Box::new(io::stdout())) };
    let made = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    Ok(Box::new(made.with_context(|| format!("{} cannot be written", path.display()))?))
}
