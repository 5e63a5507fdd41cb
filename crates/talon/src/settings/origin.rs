//! Where each value comes from: defaults, then the file, then the environment, then the command
//! line; the later wins.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::{
    SettingsError,
    file::FileSettings,
    keys::{KEYS, Key, named, suggest},
};

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody.
    Default,
    /// A settings file.
    File(PathBuf),
    /// A variable.
    Environment(String),
    /// An option.
    CommandLine(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::CommandLine(option) => write!(f, "command line {option}"),
        }
    }
}

/// A value as it was written, and by whom. Empty is unset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// The value in force of every setting.
#[derive(Debug)]
pub(crate) struct Values(BTreeMap<&'static str, Value>);

/// What the command line sets: option as written, setting, value.
pub(crate) type Options = Vec<(String, String, String)>;

/// Variables of the name that settings have but that others set. Kubernetes puts
/// `TALON_SERVICE_HOST` and `TALON_PORT…` into every pod beside a service called talon, and tests
/// and benchmarks have variables of their own; none of them is a misspelt setting.
const NOT_OURS: &[&str] = &["TALON_SERVICE_", "TALON_PORT", "TALON_TEST_", "TALON_BENCH_"];

/// Which planted bug is in force. In a build without them it is refused like any unknown variable, so
/// that a rig cannot believe that it tested one.
const PLANTED_BUG_VARIABLE: &str = "TALON_PLANTED_BUG";

/// The variable that names the settings file.
pub(crate) const CONFIG_VARIABLE: &str = "TALON_CONFIG";

impl Values {
    /// Lays the sources over each other.
    ///
    /// # Errors
    ///
    /// Names the variable or option that is no setting.
    pub(crate) fn resolve(
        file: &FileSettings,
        environment: impl IntoIterator<Item = (String, String)>,
        options: Options,
    ) -> Result<Self, SettingsError> {
        let defaults =
            KEYS.iter().map(|key| (key.name, Value { text: key.default.to_owned(), origin: Origin::Default }));
        let mut values: BTreeMap<_, _> = defaults.collect();
        for (name, text) in &file.values {
            values.insert(name, Value { text: text.clone(), origin: Origin::File(file.path.clone()) });
        }
        for (variable, text) in environment {
            // An empty variable is how a unit file or a compose file says "not set".
            let Some(key) = setting_of_variable(&variable)?.filter(|_| !text.is_empty()) else { continue };
            values.insert(key.name, Value { text, origin: Origin::Environment(variable) });
        }
        for (option, name, text) in options {
            let Some(key) = named(&name) else {
                let hint = suggest(&name, KEYS.iter().map(|key| key.name));
                return Err(SettingsError::new(&option, format!("there is no setting {name}{hint}")));
            };
            values.insert(key.name, Value { text, origin: Origin::CommandLine(option) });
        }
        Ok(Self(values))
    }

    /// The value in force of a setting.
    pub(crate) fn get(&self, name: &'static str) -> Result<&Value, SettingsError> {
        self.0.get(name).ok_or_else(|| SettingsError::new(name, "there is no such setting".to_owned()))
    }

    /// Every setting with its value, in the order of [`KEYS`].
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Key, &Value)> {
        KEYS.iter().filter_map(|key| Some((key, self.0.get(key.name)?)))
    }
}

fn setting_of_variable(variable: &str) -> Result<Option<&'static Key>, SettingsError> {
    if !variable.starts_with("TALON_") || variable == CONFIG_VARIABLE {
        return Ok(None);
    }
    if let Some(key) = KEYS.iter().find(|key| key.variable() == variable) {
        return Ok(Some(key));
    }
    if cfg!(feature = "planted-bugs") && variable == PLANTED_BUG_VARIABLE {
        return Ok(None);
    }
    if NOT_OURS.iter().any(|prefix| variable.starts_with(prefix)) {
        return Ok(None);
    }
    let variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
    let hint = suggest(variable, variables.iter().map(String::as_str));
    Err(SettingsError::new(variable, format!("there is no setting of this name{hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &'static str, text: &str) -> FileSettings {
        FileSettings { path: "t.toml".into(), values: vec![(name, text.to_owned())], ..FileSettings::default() }
    }

    fn variable(name: &str, text: &str) -> [(String, String); 1] {
        [(name.to_owned(), text.to_owned())]
    }

    #[test]
    fn the_later_source_wins() {
        let option = || vec![("--listen".to_owned(), "listen".to_owned(), "4".to_owned())];
        let resolve = |file: &FileSettings, env: &[(String, String)], options| {
            let values = Values::resolve(file, env.to_vec(), options).unwrap();
            values.get("listen").unwrap().text.clone()
        };
        let (none, some) = (FileSettings::default(), file("listen", "2"));
        assert_eq!(resolve(&none, &[], vec![]), "127.0.0.1:8080");
        assert_eq!(resolve(&some, &[], vec![]), "2");
        assert_eq!(resolve(&some, &variable("TALON_LISTEN", "3"), vec![]), "3");
        assert_eq!(resolve(&some, &variable("TALON_LISTEN", ""), vec![]), "2");
        assert_eq!(resolve(&some, &variable("TALON_LISTEN", "3"), option()), "4");
    }

    #[test]
    fn a_misspelt_variable_is_refused_with_the_nearest_name() {
        let error = Values::resolve(&FileSettings::default(), variable("TALON_LISTN", "x"), vec![]).unwrap_err();
        assert_eq!(error.to_string(), "TALON_LISTN: there is no setting of this name; did you mean TALON_LISTEN?");
    }

    #[test]
    fn variables_that_kubernetes_sets_are_no_settings() {
        for name in ["TALON_SERVICE_HOST", "TALON_PORT", "TALON_PORT_8080_TCP_ADDR", "PATH"] {
            assert!(Values::resolve(&FileSettings::default(), variable(name, "x"), vec![]).is_ok(), "{name}");
        }
    }
}
