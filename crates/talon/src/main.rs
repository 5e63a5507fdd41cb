//! The talon binary: commands, settings, composition.

mod background;
mod cli;
mod clock;
mod commands;
mod compose;
mod demo;
mod descriptors;
mod failure;
mod health;
mod listen;
mod messages;
mod observe;
mod output;
mod planted;
mod sealing;
mod settings;
mod shutdown;
mod webhooks;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
