//! How far the race is: a bar on a terminal, now and then a line elsewhere.

use std::{
    io::IsTerminal,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal.
const A_LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress on standard error.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: u64,
    done: Arc<AtomicU64>,
    last_line: Arc<Mutex<Instant>>,
}

impl Progress {
    /// Begins, for this many requests.
    pub(crate) fn start(total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:9} {wide_bar} {pos}/{len} {per_sec} {eta}");
            let bar = ProgressBar::new(total).with_message("racing");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, total, done: Arc::default(), last_line: Arc::new(Mutex::new(Instant::now())) }
    }

    /// One more is done.
    pub(crate) fn one(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
            return;
        }
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !done.is_multiple_of(256) {
            return;
        }
        let mut last_line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last_line.elapsed() >= A_LINE_EVERY {
            *last_line = Instant::now();
            eprintln!("racing: {done} of {} requests", self.total);
        }
    }

    /// Says what is done now that the race is over.
    pub(crate) fn then(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.finish_and_clear();
                eprintln!("{what}");
            }
            None => eprintln!("{what}"),
        }
    }
}
