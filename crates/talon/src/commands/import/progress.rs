//! How far an import is: a bar on a terminal, now and then a line elsewhere.

use std::{
    io::IsTerminal,
    path::PathBuf,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use talon_region::Progress;

/// Between two lines where there is no terminal. A short import prints none.
const A_LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    input_bytes: Option<u64>,
    last_line: Instant,
}

impl Shown {
    /// Begins; the files' sizes, where all are known, are the length of the reading.
    pub(super) fn start(files: &[PathBuf]) -> Self {
        let sizes = files.iter().map(|file| Some(std::fs::metadata(file).ok().filter(|about| about.is_file())?.len()));
        let bar = std::io::stderr().is_terminal().then(ProgressBar::no_length);
        Self { bar, input_bytes: sizes.sum(), last_line: Instant::now() }
    }

    /// Shows a step.
    pub(super) fn show(&mut self, progress: Progress) {
        let (what, done, total) = match progress {
            Progress::Reading { bytes, .. } => ("reading", bytes, self.input_bytes),
            Progress::Checking { done, total } => ("checking", done, Some(total)),
            Progress::Applying { done, total } => ("applying", done, Some(total)),
        };
        let unit = if what == "reading" { "bytes" } else { "lines" };
        match &self.bar {
            Some(bar) => {
                if bar.message() != what {
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

    /// Takes the bar away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(unit: &str, length_known: bool) -> ProgressStyle {
    let template = match (unit, length_known) {
        ("bytes", true) => "{msg:9} {wide_bar} {bytes}/{total_bytes} {eta}",
        ("bytes", false) => "{msg:9} {bytes} {elapsed}",
        _ => "{msg:9} {wide_bar} {pos}/{len} {eta}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
