//! Log lines on standard error: ids and fixed words, never what a person or a token is called.

use std::{io::IsTerminal, panic::PanicHookInfo};

use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::LogFormat;

/// Logs from here on, for a server.
pub(crate) fn start(level: &str, format: LogFormat) {
    let json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let lines = fmt().with_env_filter(EnvFilter::new(level)).with_writer(std::io::stderr);
    // Either fails only when there is a subscriber already, which then stays.
    let _ = if json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    log_panics();
}

/// Warnings and errors as text, for a command that is not a server.
pub(crate) fn start_quiet() {
    start("warn", LogFormat::Text);
}

/// A panic is logged by its place alone: its text may hold what was being worked on.
fn log_panics() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let at = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
        tracing::error!(at, thread = std::thread::current().name(), "panicked");
    }));
}
