//! Where a receiver is.

use std::{fmt, str::FromStr};

use hyper::Uri;

/// An address that events are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether it is reached by TLS.
    pub(crate) secure: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// Host and, where it is no usual one, port, as the header says them.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

/// A text that is no receiver's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address such as https://mis.example.ru/talon is needed, without a name or a password in it")]
pub struct BadEndpoint;

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| BadEndpoint)?;
        let (secure, usual) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(BadEndpoint),
        };
        let authority = uri.authority().ok_or(BadEndpoint)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || authority.as_str().contains('@') || text.contains('#') {
            return Err(BadEndpoint);
        }
        Ok(Self {
            secure,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(usual),
            authority: authority.to_string(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

impl fmt::Display for Endpoint {
    /// Without path and query, in which receivers like to hide what only they are to know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_into_what_is_connected_to_and_what_is_asked_for() {
        let endpoint: Endpoint = "https://mis.example.ru:8443/talon?a=1".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.secure), ("mis.example.ru", 8443, true));
        assert_eq!((endpoint.path.as_str(), endpoint.authority.as_str()), ("/talon?a=1", "mis.example.ru:8443"));
        assert_eq!(endpoint.to_string(), "https://mis.example.ru:8443");
        let endpoint: Endpoint = "http://[2001:db8::1]".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.path.as_str()), ("2001:db8::1", 80, "/"));
    }

    #[test]
    fn what_is_no_address_of_a_receiver_is_refused() {
        for bad in [
            "",
            "mis.example.ru",
            "/talon",
            "ftp://a/",
            "https://",
            "https://user:word@a/",
            "https://a/#b",
            "https://a b/",
        ] {
            assert_eq!(bad.parse::<Endpoint>(), Err(BadEndpoint), "{bad}");
        }
    }
}
