//! Races over HTTP against the real binary: what many callers at once are told, and what is left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

/// Makes a test on each store of every function that is named.
macro_rules! on_each_store {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                super::$test(crate::On::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgresql() {
                super::$test(crate::On::Postgres).await;
            }
        })+
    };
}

mod cancel;
mod changes;
mod editing;
mod golden;
mod in_process;
mod linear;
mod overlap;
mod referral;
mod refusals;
mod repeat;
mod slot;
mod specialty;

use talon_testkit::{Attempt, Installation, postgres::Postgres, raise_file_limit};

/// The stores that races are run on.
#[derive(Clone, Copy, Debug)]
enum On {
    Sqlite,
    Postgres,
}

impl On {
    /// As [`installation`], on this store.
    fn installation(self) -> Installation {
        match self {
            Self::Sqlite => installation(),
            Self::Postgres => installation().on_postgres(Postgres::shared().schema()),
        }
    }
}

/// An installation whose limit per person is out of the way of races of one person.
fn installation() -> Installation {
    raise_file_limit();
    Installation::new(env!("CARGO_BIN_EXE_talon")).with_env("TALON_LIMITS_PERSON_BURST", "1000")
}

/// How many were booked; the others must all be refused for this reason.
#[track_caller]
fn booked_else(history: &[Attempt], reason: &str) -> usize {
    for attempt in history {
        let expected = attempt.outcome.is_ok() || attempt.outcome.is_refused(reason);
        assert!(expected, "neither booked nor {reason}: {:?}", attempt.outcome);
    }
    history.iter().filter(|attempt| attempt.outcome.is_ok()).count()
}
