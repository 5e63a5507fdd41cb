//! Identifiers: one registry of guid types, and the two-guid ids of the portal contract.

use std::fmt;

use uuid::Uuid;

/// A text that should have been an identifier and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct BadId;

/// Reads a guid as the contract allows it (section 5): any case, with or without hyphens.
fn parse_guid(text: &str) -> Result<Uuid, BadId> {
    // `uuid` also reads braces and URNs, which the contract does not know; their lengths differ.
    if text.len() != 32 && text.len() != 36 {
        return Err(BadId);
    }
    Uuid::try_parse(text).map_err(|_| BadId)
}

macro_rules! guids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Reads a guid in any case, with or without hyphens.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                parse_guid(text).map(Self)
            }

            /// The sixteen bytes, as a store keeps them.
            #[must_use]
            pub fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the sixteen bytes that a store kept.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            /// Lower case, hyphenated, 36 characters.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self)
            }
        }
    )+};
}

guids! {
    /// A facility (ЛПУ).
    FacilityId,
    /// A doctor, room or piece of equipment; unique within its facility.
    ResourceId,
    /// A cell of the schedule; unique within its facility.
    SlotId,
    /// A line of a schedule that slots are made from; unique within its facility.
    TemplateId,
    /// A person, the `sub` of a token.
    PersonId,
    /// A patient's card (МКАБ); unique within its facility.
    CardId,
    /// A referral; unique within the facility that issued it.
    ReferralId,
    /// An appointment; unique within its facility.
    EntryId,
    /// A time that is held for a person; unique within its facility.
    HoldId,
    /// A person's place on a waiting list; unique within its facility.
    WaitingId,
    /// A client application (portal, kiosk, call centre).
    ClientId,
    /// One request: the `Trace_id` of its answer, its log lines and its audit records.
    RequestId,
    /// An audit record.
    AuditId,
}

macro_rules! keys {
    ($($(#[$meta:meta])* $name:ident { $field:ident: $id:ident }),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            /// The facility that the object belongs to.
            pub facility: FacilityId,
            /// The object within that facility.
            pub $field: $id,
        }

        impl $name {
            /// Reads the two glued guids of the contract (section 5): facility first, each in any
            /// case and with or without hyphens, one of `_ . : / | -` between them allowed.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let (facility, $field) = unglue(text)?;
                Ok(Self { facility: FacilityId(facility), $field: $id($field) })
            }
        }

        impl fmt::Display for $name {
            /// The two guids, facility first, nothing between: 72 characters.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", self.facility, self.$field)
            }
        }
    )+};
}

keys! {
    /// A resource by facility: `resource_id`.
    ResourceKey { resource: ResourceId },
    /// A referral by the facility that issued it: `direction_id`.
    ReferralKey { referral: ReferralId },
    /// An appointment by its facility: `Entry_id`.
    EntryKey { entry: EntryId },
    /// A slot by its facility.
    SlotKey { slot: SlotId },
    /// A hold by its facility.
    HoldKey { hold: HoldId },
    /// A place on a waiting list by the facility that is waited for.
    WaitingKey { waiting: WaitingId },
}

fn unglue(text: &str) -> Result<(Uuid, Uuid), BadId> {
    // Guids are ASCII; refusing the rest here keeps every index below on a character boundary.
    if !text.is_ascii() {
        return Err(BadId);
    }
    for first_length in [36, 32] {
        let Some((first, rest)) = text.split_at_checked(first_length) else { continue };
        let Ok(first) = parse_guid(first) else { continue };
        let second = rest.strip_prefix(['_', '.', ':', '/', '|', '-']).unwrap_or(rest);
        return Ok((first, parse_guid(second)?));
    }
    Err(BadId)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const B: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    #[test]
    fn a_guid_is_read_in_any_case_and_written_in_one() {
        let plain = A.replace('-', "").to_uppercase();
        assert_eq!(PersonId::parse(&plain).map(|id| id.to_string()), Ok(A.to_owned()));
    }

    #[test]
    fn other_spellings_of_a_guid_are_refused() {
        for bad in ["", "x", &format!("{{{A}}}"), &format!("urn:uuid:{A}"), &A[1..], &format!("{A} ")] {
            assert_eq!(PersonId::parse(bad), Err(BadId), "{bad}");
        }
    }

    #[test]
    fn glued_ids_are_read_with_and_without_hyphens_and_separator() {
        for first in [A.to_owned(), A.replace('-', "")] {
            for second in [B.to_owned(), B.replace('-', "")] {
                for between in ["", "_", ".", ":", "/", "|", "-"] {
                    let key = EntryKey::parse(&format!("{first}{between}{second}"));
                    assert_eq!(key.map(|key| key.to_string()), Ok(format!("{A}{B}")), "{first}{between}{second}");
                }
            }
        }
    }

    #[test]
    fn glued_ids_with_anything_else_are_refused() {
        for bad in [A.to_owned(), format!("{A}__{B}"), format!("{A} {B}"), format!("{A}{B}x"), format!("ё{A}{B}")] {
            assert_eq!(EntryKey::parse(&bad), Err(BadId), "{bad}");
        }
    }
}
