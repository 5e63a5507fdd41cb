//! How far a command is: a bar on a terminal, now and then a line elsewhere.

use std::{
    fmt,
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal. A short command prints none.
const A_LINE_EVERY: Duration = Duration::from_secs(5);

/// Between two movements of what has no length.
const TICK: Duration = Duration::from_millis(200);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes.
    Bytes,
    /// Lines.
    Lines,
    /// Values of columns.
    Values,
    /// Records.
    Records,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Lines => "lines",
            Self::Values => "values",
            Self::Records => "records",
        })
    }
}

/// Shows progress on standard error.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Shown {
    /// Begins.
    pub(super) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::no_length);
        Self { bar, last_line: Instant::now() }
    }

    /// Shows how much of something is done.
    pub(super) fn show(&mut self, what: &'static str, unit: Unit, done: u64, total: Option<u64>) {
        match &self.bar {
            Some(bar) => {
                if bar.message() != what {
                    bar.disable_steady_tick();
                    bar.set_message(what);
                    bar.set_style(style(unit, total.is_some()));
                }
                bar.set_length(total.unwrap_or(done));
                bar.set_position(done);
            }
            None if self.last_line.elapsed() >= A_LINE_EVERY => {
                self.last_line = Instant::now();
                match total {
                    Some(total) => eprintln!("{what}: {done} of {total} {unit}"),
                    None => eprintln!("{what}: {done} {unit}"),
                }
            }
            None => {}
        }
    }

    /// Shows that something is done which cannot be counted.
    pub(super) fn show_busy(&mut self, what: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what);
            bar.set_style(template("{msg:9} {spinner} {elapsed}"));
            bar.enable_steady_tick(TICK);
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(unit: Unit, length_known: bool) -> ProgressStyle {
    template(match (unit, length_known) {
        (Unit::Bytes, true) => "{msg:9} {wide_bar} {bytes}/{total_bytes} {eta}",
        (Unit::Bytes, false) => "{msg:9} {bytes} {elapsed}",
        (Unit::Records, false) => "{msg:9} {pos} {elapsed}",
        (Unit::Lines | Unit::Values, _) | (Unit::Records, true) => "{msg:9} {wide_bar} {pos}/{len} {eta}",
    })
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar())
}
