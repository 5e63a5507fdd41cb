//! From the text of a setting to its type.

use std::{fmt::Display, path::PathBuf, str::FromStr, time::Duration};

use super::{SettingsError, StoreUrl, origin::Value};

/// A reader of one value, which names the setting and its origin when the value is no good.
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) value: &'a Value,
}

impl Field<'_> {
    /// A type that reads itself.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&self) -> Result<T, SettingsError> {
        self.value.text.parse().map_err(|error: T::Err| self.fault(error))
    }

    /// The same, or nothing where it is unset.
    pub(crate) fn optional<T: FromStr<Err: Display>>(&self) -> Result<Option<T>, SettingsError> {
        if self.value.text.is_empty() { Ok(None) } else { self.parse().map(Some) }
    }

    /// A text, or nothing where it is unset.
    pub(crate) fn text(&self) -> Option<String> {
        Some(self.value.text.clone()).filter(|text| !text.is_empty())
    }

    /// A path, or nothing where it is unset.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.text().map(PathBuf::from)
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, most: u32) -> Result<u32, SettingsError> {
        match self.value.text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(self.fault(format_args!("a whole number from 1 to {most} is needed"))),
        }
    }

    /// A whole number from 0 to `most`.
    pub(crate) fn number<T: FromStr + PartialOrd + Display>(&self, most: T) -> Result<T, SettingsError> {
        match self.value.text.parse::<T>() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(self.fault(format_args!("a whole number from 0 to {most} is needed"))),
        }
    }

    /// A time span such as `15m`, `1h 30m`, `500ms`, or a number of seconds.
    pub(crate) fn duration(&self) -> Result<Duration, SettingsError> {
        duration(&self.value.text).map_err(|error| self.fault(error))
    }

    /// A time span as above, or `0` for none.
    pub(crate) fn duration_or_none(&self) -> Result<Duration, SettingsError> {
        if self.value.text == "0" { Ok(Duration::ZERO) } else { self.duration() }
    }

    /// An address that paths are put after, or nothing where it is unset. Cleartext only where nothing leaves the
    /// machine.
    pub(crate) fn public_url(&self) -> Result<Option<String>, SettingsError> {
        let Some(text) = self.text() else { return Ok(None) };
        let rest = text.strip_prefix("https://").or_else(|| {
            let rest = text.strip_prefix("http://")?;
            ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| rest.starts_with(host)).then_some(rest)
        });
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]".contains(&b);
        match rest {
            Some(rest) if !rest.is_empty() && rest.bytes().all(plain) && !rest.ends_with('/') => Ok(Some(text)),
            _ => Err(self.fault("an address such as https://zapis.example.ru is needed, without a slash at the end")),
        }
    }

    /// The error of this value.
    pub(crate) fn fault(&self, what: impl Display) -> SettingsError {
        let (name, Value { text, origin }) = (self.name, self.value);
        SettingsError::new(name, format!("{:?} ({origin}): {what}", StoreUrl::shown(text)))
    }
}

/// Reads a time span of more than nothing and at most a year.
///
/// # Errors
///
/// Says what a time span looks like.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
    let wanted = || "a time such as 500ms, 10s, 15m or 12h is needed".to_owned();
    let span = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let span: jiff::SignedDuration = text.parse().map_err(|_| wanted())?;
            span.try_into().map_err(|_| wanted())?
        }
    };
    if span.is_zero() || span > LONGEST { Err(wanted()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_read_as_people_write_them() {
        for (text, seconds) in [("15m", 900), ("900", 900), ("1h 30m", 5400), ("12h", 43_200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "0", "-5s", "soon", "9000h", "15 parsecs"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
