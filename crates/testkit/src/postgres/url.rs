//! The address of a database, put together and taken apart.

use std::{
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    ops::Deref,
};

/// PostgreSQL's port where an address names none.
const DEFAULT_PORT: u16 = 5432;

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`; use it as a `&str`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// The pieces as they are written.
struct Pieces<'a> {
    login: &'a str,
    hosts: String,
    database: &'a str,
    parameters: Vec<String>,
}

impl DatabaseUrl {
    /// From a text.
    ///
    /// # Panics
    ///
    /// When it is no address of PostgreSQL.
    #[must_use]
    pub fn new(text: String) -> Self {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        assert!(known, "a database is written as postgres://USER@HOST:5432/DATABASE");
        Self(text)
    }

    /// The same database by other addresses: a proxy's, or those of several servers.
    #[must_use]
    pub fn with_hosts(&self, hosts: &[SocketAddr]) -> Self {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        Pieces { hosts: hosts.join(","), ..self.pieces() }.put_together()
    }

    /// With another role and password.
    #[must_use]
    pub fn with_login(&self, user: &str, password: &str) -> Self {
        let login = format!("{}:{}", encoded(user), encoded(password));
        Pieces { login: &login, ..self.pieces() }.put_together()
    }

    /// Another database of the same server.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let name = encoded(name);
        Pieces { database: &name, ..self.pieces() }.put_together()
    }

    /// With a parameter, in place of one of the same name.
    #[must_use]
    pub fn with_parameter(&self, name: &str, value: &str) -> Self {
        let mut pieces = self.pieces();
        pieces.parameters.retain(|given| !given.starts_with(&format!("{name}=")));
        pieces.parameters.push(format!("{name}={}", encoded(value)));
        pieces.put_together()
    }

    /// With a setting of the session, beside those that are already there.
    #[must_use]
    pub fn with_setting(&self, name: &str, value: &str) -> Self {
        let mut pieces = self.pieces();
        let setting = encoded(&format!("-c {name}={value}"));
        match pieces.parameters.iter_mut().find(|given| given.starts_with("options=")) {
            Some(options) => *options = format!("{options}%20{setting}"),
            None => pieces.parameters.push(format!("options={setting}")),
        }
        pieces.put_together()
    }

    /// Where its first server listens, for a [`Proxy`](crate::Proxy) to stand before it.
    ///
    /// # Panics
    ///
    /// When it has no address in a network.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let hosts = self.pieces().hosts;
        let first = hosts.split(',').next().unwrap_or_default();
        let with_port = if first.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            first.to_owned()
        } else {
            format!("{first}:{DEFAULT_PORT}")
        };
        let resolved = with_port.to_socket_addrs().ok().and_then(|mut found| found.next());
        resolved.unwrap_or_else(|| panic!("{with_port} is no address that can be resolved"))
    }

    fn pieces(&self) -> Pieces<'_> {
        let (_, rest) = self.0.split_once("://").unwrap_or_default();
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = address.split_once('/').unwrap_or((address, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let parameters = query.split('&').filter(|pair| !pair.is_empty()).map(ToOwned::to_owned).collect();
        Pieces { login, hosts: hosts.to_owned(), database, parameters }
    }
}

impl Pieces<'_> {
    fn put_together(&self) -> DatabaseUrl {
        let at = if self.login.is_empty() { "" } else { "@" };
        let ask = if self.parameters.is_empty() { "" } else { "?" };
        let Self { login, hosts, database, parameters } = self;
        DatabaseUrl(format!("postgres://{login}{at}{hosts}/{database}{ask}{}", parameters.join("&")))
    }
}

impl Deref for DatabaseUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Per cent, but for what a URL may hold as it is; a slash too, so that paths stay readable.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_replaced_one_by_one() {
        let url = DatabaseUrl::new("postgresql://u:p@db:6000/d?sslmode=require".into());
        let proxy: SocketAddr = "127.0.0.1:7000".parse().unwrap();
        assert_eq!(&*url.with_hosts(&[proxy, proxy]), "postgres://u:p@127.0.0.1:7000,127.0.0.1:7000/d?sslmode=require");
        assert_eq!(&*url.with_login("a b", "@"), "postgres://a%20b:%40@db:6000/d?sslmode=require");
        assert_eq!(&*url.with_database("e f"), "postgres://u:p@db:6000/e%20f?sslmode=require");
        assert_eq!(&*url.with_parameter("sslmode", "disable"), "postgres://u:p@db:6000/d?sslmode=disable");
    }

    #[test]
    fn a_setting_stands_beside_the_options_that_were_given() {
        let url = DatabaseUrl::new("postgres://h".into());
        let one = url.with_setting("search_path", "t_1");
        assert_eq!(&*one, "postgres://h/?options=-c%20search_path%3Dt_1");
        assert_eq!(&*one.with_setting("a", "b"), "postgres://h/?options=-c%20search_path%3Dt_1%20-c%20a%3Db");
    }

    #[test]
    fn an_address_without_a_port_has_the_usual_one() {
        assert_eq!(DatabaseUrl::new("postgres://u@127.0.0.1/d".into()).address().port(), 5432);
        assert_eq!(DatabaseUrl::new("postgres://u@127.0.0.1:7,10.0.0.1/d".into()).address().port(), 7);
    }
}
