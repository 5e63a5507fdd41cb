//! One e-mail address.

use std::fmt;

use email_address::{EmailAddress, Options};

/// Longest address accepted, in bytes (RFC 5321's limit on a path, less its brackets).
const LONGEST: usize = 254;

/// An address that names one mailbox: no display name, no line break, at most 254 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// A text that is not one e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct BadEmail;

impl Email {
    /// Reads one address with a domain of at least two labels.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(BadEmail);
        }
        EmailAddress::parse_with_options(text, options).map_err(|_| BadEmail)?;
        Ok(Self(text.to_owned()))
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    /// An address is personal data: it never reaches a log by way of `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_accepted_and_nothing_else() {
        for good in ["some@mail.ru", "a.b+c@xn--e1afmkfd.xn--p1ai", "почта@пример.рф"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        let long = format!("{}@mail.ru", "a".repeat(250));
        for bad in [
            "",
            "a",
            "a@b",
            "a b@mail.ru",
            "a@mail.ru\r\nBcc: x@y.ru",
            "A <a@mail.ru>",
            "a@mail.ru,b@mail.ru",
            "a@[127.0.0.1]",
            &long,
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }
}
