//! What a patient is booked with: a doctor, a room, a piece of equipment.

use crate::{codes::codes, ids::ResourceKey, slot::Ages};

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

impl Resource {
    /// What messages 4008 call it (`{ФИО}`): a doctor as "Фамилия И. О.", anything else by name.
    #[must_use]
    pub fn short_name(&self) -> String {
        match self.kind {
            ResourceKind::Doctor => short_name(&self.name),
            ResourceKind::Room | ResourceKind::Equipment => self.name.clone(),
        }
    }
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
    use super::short_name;

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
