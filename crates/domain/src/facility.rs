//! Facilities (медицинские организации, ЛПУ).

use std::fmt;

use jiff::{Timestamp, civil::Date};

use crate::{codes::codes, ids::FacilityId, zone::Zone};

codes! {
    /// Whom a facility serves.
    pub enum Serves {
        /// Adults.
        Adults = "adults",
        /// Children: nobody of 18 or older is booked there (message 4005).
        Children = "children",
        /// Everybody.
        All = "all",
    }
}

/// МКОД, a facility's code in the regional register: digits, kept as text because leading zeros
/// matter (contract, section 5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mkod(String);

/// A text that is not a МКОД.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a МКОД is 1 to 20 digits")]
pub struct BadMkod;

impl Mkod {
    /// Reads 1 to 20 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, BadMkod> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if text.is_empty() || text.len() > 20 || !digits {
            return Err(BadMkod);
        }
        Ok(Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mkod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request's `lpu_code` names a facility by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FacilityName {
    /// By МКОД.
    Mkod(Mkod),
    /// By guid.
    Id(FacilityId),
}

/// `lpu_code`: a facility named by МКОД or guid, with the text as it was sent, which message 4000
/// repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LpuCode {
    /// The text of the request.
    pub sent: String,
    /// What it names the facility by.
    pub name: FacilityName,
}

/// A text that is neither a МКОД nor a guid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a МКОД nor a facility guid")]
pub struct BadLpuCode;

impl LpuCode {
    /// Reads a МКОД (up to 20 digits) or a guid.
    pub fn parse(text: &str) -> Result<Self, BadLpuCode> {
        let name = match Mkod::parse(text) {
            Ok(mkod) => FacilityName::Mkod(mkod),
            Err(BadMkod) => FacilityName::Id(FacilityId::parse(text).map_err(|_| BadLpuCode)?),
        };
        Ok(Self { sent: text.to_owned(), name })
    }
}

/// A facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    /// Its guid.
    pub id: FacilityId,
    /// Its code in the regional register, unique in the installation.
    pub mkod: Mkod,
    /// Its name as patients know it.
    pub name: String,
    /// Whom it serves.
    pub serves: Serves,
    /// The zone that its schedule is written in.
    pub zone: Zone,
    /// How many days ahead of today it publishes.
    pub schedule_days: u16,
    /// Postal address.
    pub address: Option<String>,
    /// The registry's telephone.
    pub phone: Option<String>,
}

impl Facility {
    /// Today, as the facility's calendar has it.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        self.zone.day(now)
    }
}
