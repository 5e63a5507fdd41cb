//! What the operator chooses about this façade.

use std::{fmt, time::Duration};

use crate::Proxies;

/// The path that the portal's methods are under: empty, or "/something".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base(String);

/// A text that cannot be a base path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a base path is empty, or begins with / and has letters, digits and any of - . _ ~ between its slashes")]
pub struct BadBase;

impl Base {
    /// Reads a base path: empty, or segments of unreserved characters (RFC 3986), each after a
    /// slash; no slash at the end.
    ///
    /// # Errors
    ///
    /// [`BadBase`]
    pub fn parse(text: &str) -> Result<Self, BadBase> {
        let segment = |segment: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            !segment.is_empty() && segment.bytes().all(plain)
        };
        match text.strip_prefix('/') {
            None if text.is_empty() => Ok(Self::default()),
            Some(path) if path.split('/').all(segment) => Ok(Self(text.to_owned())),
            _ => Err(BadBase),
        }
    }

    /// The text that paths are put after.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Settings of the façade.
#[derive(Clone, Debug)]
pub struct IemkSettings {
    /// Where the portal's methods are; they are under `/api/v2` too.
    pub base: Base,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// Who may say for whom they ask.
    pub proxies: Proxies,
}

impl Default for IemkSettings {
    /// At the root; ten seconds; nobody.
    fn default() -> Self {
        Self { base: Base::default(), body_timeout: Duration::from_secs(10), proxies: Proxies::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_empty_or_begins_with_a_slash_and_does_not_end_with_one() {
        for good in ["", "/api", "/api/v2", "/a-b_c.d~e/1"] {
            assert_eq!(Base::parse(good).map(|base| base.to_string()), Ok(good.to_owned()));
        }
        for bad in ["/", "api", "/api/", "//", "/a//b", "/{x}", "/a b", "/é", "/%20", "/a?b"] {
            assert_eq!(Base::parse(bad), Err(BadBase), "{bad}");
        }
    }
}
