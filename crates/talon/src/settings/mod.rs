//! Settings: what is in force, and where each value came from.

mod file;
mod keys;
mod mail;
mod origin;
mod parse;
mod store_url;
mod types;
mod webhooks;

use std::path::{Path, PathBuf};

pub(crate) use file::IssuerTable;
pub(crate) use mail::{MailSettings, MailWay};
pub(crate) use origin::{Options, Values};
pub(crate) use parse::duration;
pub(crate) use store_url::StoreUrl;
pub(crate) use types::{LogFormat, Settings};
pub(crate) use webhooks::{HookSettings, WebhookTable};

/// A setting, file, variable or option that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub(crate) struct SettingsError {
    at: String,
    what: String,
}

impl SettingsError {
    /// At `at` (a setting, a file, a variable), `what` is wrong.
    pub(crate) fn new(at: &str, what: String) -> Self {
        Self { at: at.to_owned(), what }
    }
}

/// Settings as the sources gave them, and read.
pub(crate) struct Loaded {
    /// The values in force, with their origins.
    pub(crate) values: Values,
    /// The same, typed.
    pub(crate) settings: Settings,
}

/// Reads all sources: defaults, the file that `--config` or `TALON_CONFIG` names, the environment,
/// the options.
///
/// # Errors
///
/// Names what is at fault.
pub(crate) fn load(config: Option<&Path>, options: Options) -> Result<Loaded, SettingsError> {
    let from_variable = || std::env::var_os(origin::CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let file = match config.map(Path::to_owned).or_else(from_variable) {
        Some(path) => file::read(&path)?,
        None => file::FileSettings::default(),
    };
    let values = Values::resolve(&file, environment()?, options)?;
    let settings = Settings::read(&values, file.issuers, file.webhooks)?;
    Ok(Loaded { values, settings })
}

fn environment() -> Result<Vec<(String, String)>, SettingsError> {
    let ours = std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text)));
    ours.filter(|(name, _)| name.starts_with("TALON_"))
        .map(|(name, text)| match text.into_string() {
            Ok(text) => Ok((name, text)),
            Err(_) => Err(SettingsError::new(&name, "the value is not UTF-8".to_owned())),
        })
        .collect()
}
