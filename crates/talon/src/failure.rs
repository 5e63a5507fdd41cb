//! How a command ends.

use std::process::ExitCode;

use crate::settings::SettingsError;

/// The result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command did not do what it was asked; decides the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a setting is at fault: 2.
    Usage(anyhow::Error),
    /// The input, the store, the port or the installation is at fault: 1.
    Fault(anyhow::Error),
    /// The same, and standard error already says what.
    Told,
}

impl Failure {
    /// Wrong use, with its cause.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    /// Says on standard error what is at fault, and gives the exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        match self {
            Self::Usage(error) => {
                eprintln!("talon: {error:#}");
                ExitCode::from(2)
            }
            Self::Fault(error) => {
                eprintln!("talon: {error:#}");
                ExitCode::from(1)
            }
            Self::Told => ExitCode::from(1),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Usage(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl From<talon_store::StoreError> for Failure {
    fn from(error: talon_store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Fault(error.into())
    }
}
