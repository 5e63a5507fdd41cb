//! The address of a database, as libpq writes it.

use std::{fmt, path::PathBuf, str::FromStr};

use talon_store::StoreError;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

/// `postgres://USER@HOST:PORT,HOST:PORT/DATABASE?…` with libpq's parameters. Two stand for what the
/// library underneath does not know:
///
/// * `sslrootcert=FILE`: the certificates (PEM) that may have signed the server's; the system's own otherwise;
/// * `password_file=FILE`: the password is that file's first line, so that it stands in no setting.
#[derive(Clone)]
pub struct PostgresUrl {
    text: String,
    config: Config,
    roots: Option<PathBuf>,
    password_file: Option<PathBuf>,
}

impl PostgresUrl {
    /// What the library connects with, the password file read.
    pub(crate) fn config(&self) -> Result<Config, StoreError> {
        let mut config = self.config.clone();
        if let Some(path) = &self.password_file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| StoreError::Open(format!("{}: {error}; password_file names it", path.display())))?;
            config.password(text.lines().next().unwrap_or_default());
        }
        Ok(config)
    }

    /// The file of `sslrootcert`.
    pub(crate) fn roots(&self) -> Option<&PathBuf> {
        self.roots.as_ref()
    }

    /// Whether the connection may be encrypted: not over a socket of the same machine.
    pub(crate) fn may_encrypt(&self) -> bool {
        let network = self.config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        network && self.config.get_ssl_mode() != SslMode::Disable
    }
}

impl FromStr for PostgresUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut roots, mut password_file, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslrootcert", path)) => roots = Some(PathBuf::from(path)),
                Some(("password_file", path)) => password_file = Some(PathBuf::from(path)),
                // What is signed is always checked, and against the name.
                Some(("sslmode", "verify-full" | "verify-ca")) => rest.push("sslmode=require"),
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        let config: Config = plain.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}; it is written as postgres://USER@HOST:5432/DATABASE")
        })?;
        if config.get_dbname().is_none() {
            return Err("the database is missing; it is written as postgres://USER@HOST:5432/DATABASE".to_owned());
        }
        Ok(Self { text: text.to_owned(), config, roots, password_file })
    }
}

impl PostgresUrl {
    /// An address without the password that it may hold, also one that cannot be understood.
    #[must_use]
    pub fn without_password(text: &str) -> String {
        let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        // A slash or a question mark in a password should be encoded, and is not always.
        let login_end = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
        let (login, tail) = login_end.map_or(("", rest), |at| rest.split_at(at));
        let login = login.split_once(':').map_or(login.to_owned(), |(user, _)| format!("{user}:***"));
        let (address, query) = tail.split_once('?').unwrap_or((tail, ""));
        let shown: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("password=")).collect();
        let ask = if shown.is_empty() { "" } else { "?" };
        format!("{scheme}://{login}{address}{ask}{}", shown.join("&"))
    }
}

impl fmt::Display for PostgresUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::without_password(&self.text))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

impl PartialEq for PostgresUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PostgresUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://talon:secret@db1:5432,db2/talon?sslmode=verify-full",
            "postgres://talon@h/d?password=secret&application_name=x",
        ] {
            let url: PostgresUrl = text.parse().unwrap();
            assert!(!format!("{url} {url:?}").contains("secret"), "{url}");
        }
        let url: PostgresUrl = "postgres://talon:secret@db1:5432,db2/talon?sslrootcert=/ca.pem".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://talon:***@db1:5432,db2/talon?sslrootcert=/ca.pem");
        for bad in ["postgres://talon:sec/secret@h/d", "postgres://talon:a?secret@h", "postgres://t:secret@h:x/d"] {
            let shown = PostgresUrl::without_password(bad);
            assert!(!shown.contains("sec"), "{shown}");
        }
        assert_eq!(PostgresUrl::without_password("postgres://h:5432/d"), "postgres://h:5432/d");
    }

    #[test]
    fn several_hosts_and_libpqs_words_for_tls_are_understood() {
        let url: PostgresUrl =
            "postgres://t@a:1,b:2/d?sslmode=verify-full&sslrootcert=/ca.pem&target_session_attrs=read-write"
                .parse()
                .unwrap();
        assert_eq!(url.config.get_hosts().len(), 2);
        assert_eq!(url.config.get_ssl_mode(), SslMode::Require);
        assert!(url.may_encrypt());
        assert_eq!(url.roots(), Some(&PathBuf::from("/ca.pem")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for bad in ["postgres://h:x/d", "postgres://u@h", "postgres://u@h/d?nonsense=1"] {
            assert!(bad.parse::<PostgresUrl>().is_err(), "{bad}");
        }
    }
}
