//! What a patient is booked with: a doctor, a room, a piece of equipment.

use crate::{
    codes::codes,
    ids::{BadId, FacilityId, ResourceId, ResourceKey},
    slot::Ages,
};

/// A specialty, by its code in the installation's list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpecialtyCode(pub String);

/// A specialty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specialty {
    /// Its code.
    pub code: SpecialtyCode,
    /// Its name as patients know it.
    pub name: String,
    /// One or two letters that tickets of this specialty begin with.
    pub letter: String,
}

codes! {
    /// What kind of resource it is.
    pub enum ResourceKind {
        /// A person: the name is "Фамилия Имя Отчество".
        Doctor = "doctor",
        /// A room.
        Room = "room",
        /// A piece of equipment.
        Equipment = "equipment",
    }
}

/// A doctor, room or piece of equipment of a facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Facility and guid.
    pub key: ResourceKey,
    /// What it is.
    pub kind: ResourceKind,
    /// Name; of a doctor the full one, "Фамилия Имя Отчество".
    pub name: String,
    /// The specialty its visits count for.
    pub specialty: SpecialtyCode,
    /// Where to go.
    pub room: Option<String>,
    /// Ages it takes.
    pub ages: Ages,
}

/// What a request names a resource of a known facility by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceName {
    /// By its guid.
    Id(ResourceId),
    /// By the facility's guid and its own, one after the other.
    Key(ResourceKey),
}

impl ResourceName {
    /// Reads a guid or two glued ones.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        ResourceId::parse(text).map(Self::Id).or_else(|_| ResourceKey::parse(text).map(Self::Key))
    }

    /// The resource's key within a facility; `None` when it is another facility's.
    #[must_use]
    pub fn within(self, facility: FacilityId) -> Option<ResourceKey> {
        match self {
            Self::Id(resource) => Some(ResourceKey { facility, resource }),
            Self::Key(key) => Some(key).filter(|key| key.facility == facility),
        }
    }
}

/// A doctor's name in its parts; what is not there is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullName<'a> {
    /// Family name.
    pub family: &'a str,
    /// Given name.
    pub given: Option<&'a str>,
    /// Patronymic, of as many words as it has.
    pub patronymic: Option<&'a str>,
}

impl Resource {
    /// The parts of a doctor's name; a room or a piece of equipment has none.
    #[must_use]
    pub fn full_name(&self) -> Option<FullName<'_>> {
        if self.kind != ResourceKind::Doctor {
            return None;
        }
        let (family, rest) = first_word(&self.name)?;
        let (given, rest) = first_word(rest).unzip();
        let patronymic = rest.map(str::trim).filter(|rest| !rest.is_empty());
        Some(FullName { family, given, patronymic })
    }

    /// What messages 4008 call it (`{ФИО}`): a doctor as "Фамилия И. О.", anything else by name.
    #[must_use]
    pub fn short_name(&self) -> String {
        match self.kind {
            ResourceKind::Doctor => short_name(&self.name),
            ResourceKind::Room | ResourceKind::Equipment => self.name.clone(),
        }
    }
}

/// The first word of a text and what comes after it.
fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// "Петрова-Водкина Анна Сергеевна" → "Петрова-Водкина А. С."; what is not there is left out, and
/// of a name of more than three words ("оглы", "кызы") the first three count.
fn short_name(full: &str) -> String {
    let mut words = full.split_whitespace();
    let mut short = words.next().unwrap_or_default().to_owned();
    for initial in words.take(2).filter_map(|word| word.chars().next()) {
        short.push(' ');
        short.extend(initial.to_uppercase());
        short.push('.');
    }
    short
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_name_of_several_words_has_parts() {
        let key = ResourceKey { facility: FacilityId(Uuid::nil()), resource: ResourceId(Uuid::nil()) };
        let named = |kind, name: &str| Resource {
            key,
            kind,
            name: name.to_owned(),
            specialty: SpecialtyCode(String::new()),
            room: None,
            ages: Ages::default(),
        };
        for (name, family, given, patronymic) in [
            ("Иванов Иван Иванович", "Иванов", Some("Иван"), Some("Иванович")),
            (" Мамедов  Али Гусейн оглы ", "Мамедов", Some("Али"), Some("Гусейн оглы")),
            ("Ли Анна", "Ли", Some("Анна"), None),
            ("Ли", "Ли", None, None),
        ] {
            let doctor = named(ResourceKind::Doctor, name);
            assert_eq!(doctor.full_name(), Some(FullName { family, given, patronymic }), "{name}");
        }
        assert_eq!(named(ResourceKind::Doctor, " ").full_name(), None);
        assert_eq!(named(ResourceKind::Room, "Кабинет УЗИ").full_name(), None);
    }

    #[test]
    fn a_resource_is_named_alone_or_with_its_facility() {
        let (here, there) = (FacilityId(Uuid::from_u128(1)), FacilityId(Uuid::from_u128(2)));
        let key = ResourceKey { facility: here, resource: ResourceId(Uuid::from_u128(3)) };
        let alone = ResourceName::parse(&key.resource.to_string()).unwrap();
        let glued = ResourceName::parse(&key.to_string()).unwrap();
        assert_eq!((alone.within(here), glued.within(here)), (Some(key), Some(key)));
        assert_eq!(glued.within(there), None, "another facility's");
        assert!(ResourceName::parse("12").is_err());
    }

    #[test]
    fn a_doctor_is_called_by_family_name_and_initials() {
        assert_eq!(short_name("Иванов Иван Иванович"), "Иванов И. И.");
        assert_eq!(short_name("Петрова-Водкина  Анна Сергеевна"), "Петрова-Водкина А. С.");
        assert_eq!(short_name("Ли Анна"), "Ли А.");
        assert_eq!(short_name("Мамедов Али Гусейн оглы"), "Мамедов А. Г.");
        assert_eq!(short_name("Ёлкина ёлка"), "Ёлкина Ё.");
        assert_eq!(short_name(""), "");
    }
}
