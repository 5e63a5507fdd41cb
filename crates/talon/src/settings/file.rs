//! The settings file: TOML, the keys of [`super::keys`], `[[issuers]]` and `[[webhooks]]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    SettingsError, WebhookTable,
    keys::{KEYS, named, suggest},
};

/// What a settings file says.
#[derive(Debug, Default)]
pub(crate) struct FileSettings {
    pub(crate) path: PathBuf,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) issuers: Vec<IssuerTable>,
    pub(crate) webhooks: Vec<WebhookTable>,
}

/// One more issuer of tokens: an `[[issuers]]` table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerTable {
    /// `iss` of its tokens.
    pub(crate) name: String,
    /// `aud` of its tokens.
    pub(crate) audience: String,
    /// The channels that it may speak for; those of a portal when absent.
    pub(crate) channels: Option<Vec<String>>,
    /// File with its public keys. Either this or the next.
    pub(crate) jwks: Option<PathBuf>,
    /// File with the secret of its HS256 tokens.
    pub(crate) shared_secret_file: Option<PathBuf>,
}

/// Reads a settings file.
///
/// # Errors
///
/// Names the file and, where one is at fault, the key.
pub(crate) fn read(path: &Path) -> Result<FileSettings, SettingsError> {
    let at = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| SettingsError::new(&at, error.to_string()))?;
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| SettingsError::new(&at, error.to_string().trim().to_owned()))?;
    let issuers = tables(&at, &mut table, "issuers")?;
    let webhooks = tables(&at, &mut table, "webhooks")?;
    let mut values = Vec::new();
    flatten(&at, "", table, &mut values)?;
    Ok(FileSettings { path: path.to_owned(), values, issuers, webhooks })
}

/// The tables of one name.
fn tables<T: DeserializeOwned>(at: &str, table: &mut toml::Table, name: &str) -> Result<Vec<T>, SettingsError> {
    match table.remove(name) {
        None => Ok(Vec::new()),
        Some(value) => value
            .try_into()
            .map_err(|error: toml::de::Error| SettingsError::new(at, format!("{name}: {}", error.message()))),
    }
}

fn flatten(
    at: &str,
    prefix: &str,
    table: toml::Table,
    values: &mut Vec<(&'static str, String)>,
) -> Result<(), SettingsError> {
    for (part, value) in table {
        let name = format!("{prefix}{part}");
        let text = match (named(&name), value) {
            (None, toml::Value::Table(inner)) => {
                flatten(at, &format!("{name}."), inner, values)?;
                continue;
            }
            (None, _) => {
                let hint = suggest(&name, KEYS.iter().map(|key| key.name).chain(["issuers", "webhooks"]));
                return Err(SettingsError::new(at, format!("there is no setting {name}{hint}")));
            }
            (Some(_), toml::Value::String(text)) => text,
            (Some(_), toml::Value::Integer(number)) => number.to_string(),
            (Some(_), toml::Value::Boolean(truth)) => truth.to_string(),
            (Some(_), other) => {
                let what = format!("{name} cannot be of type {}: write text, a whole number or true", other.type_str());
                return Err(SettingsError::new(at, what));
            }
        };
        if let Some(key) = named(&name) {
            values.push((key.name, text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<FileSettings, SettingsError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("talon.toml");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn tables_numbers_and_truths_are_settings() {
        let file = read_text("token_endpoint = true\n[limits]\nqueue = 7\n").unwrap();
        let mut values = file.values;
        values.sort();
        assert_eq!(values, [("limits.queue", "7".to_owned()), ("token_endpoint", "true".to_owned())]);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file() {
        for (text, key) in [("listn = 'x'", "listn"), ("[limits]\nqeue = 1", "limits.qeue"), ("listen = 1.5", "listen")]
        {
            let error = read_text(text).unwrap_err().to_string();
            assert!(error.contains("talon.toml: ") && error.contains(key), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_of_an_issuer_is_named() {
        let error = read_text("[[issuers]]\nname='a'\naudience='b'\njwkz='c'\n").unwrap_err().to_string();
        assert!(error.contains("issuers: ") && error.contains("jwkz"), "{error}");
    }
}
