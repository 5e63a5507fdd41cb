//! Who may see and book which cells (contract, section 7).

use std::sync::Arc;

use crate::{codes::codes, facility::Facility, ids::ClientId};

codes! {
    /// The way a caller comes in: the token's `channel`.
    pub enum Channel {
        /// The portal; the default.
        Internet = "Internet",
        /// A kiosk in a facility.
        Infomat = "Infomat",
        /// A call centre.
        CallCenter = "CallCenter",
        /// A facility's registry desk.
        Registry = "Registry",
        /// A doctor's workplace.
        Doctor = "Doctor",
    }
}

impl Channel {
    /// Whether patients book for themselves here, so that a card's bar on self-booking applies.
    #[must_use]
    pub fn is_self_service(self) -> bool {
        matches!(self, Self::Internet | Self::Infomat)
    }
}

codes! {
    /// A right that a cell may demand.
    pub enum Right {
        /// The facility's registry desk.
        Registry = "Registry",
        /// A doctor of the facility.
        Doctor = "Doctor",
        /// Patients through the portal.
        Internet = "Internet",
        /// A doctor of another facility.
        DoctorOtherLpu = "DoctorOtherLpu",
        /// Patients at a kiosk.
        Infomat = "Infomat",
        /// A call centre.
        CallCenter = "CallCenter",
    }
}

/// The written form of an empty set of rights: a cell that nobody may book.
pub const NO_RIGHTS: &str = "None";

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// Every right.
    pub const ALL: Self = Self(0b11_1111);

    /// The set of these rights.
    #[must_use]
    pub const fn of(rights: &[Right]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < rights.len() {
            bits |= 1 << rights[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// The set as a number, as a store keeps it.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// From the number that a store kept; unknown bits are dropped.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The rights of both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether both sets share a right.
    #[must_use]
    pub fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The rights in it, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.iter().copied().filter(move |right| self.meet(Self::of(&[*right])))
    }
}

codes! {
    /// What a client application does when it books.
    pub enum Function {
        /// Booking without a referral.
        VisitDoctor = "VisitDoctor",
        /// Booking by a referral of the same facility.
        VisitDirection = "VisitDirection",
        /// Booking by a referral of another facility.
        VisitDirectionOtherLpu = "VisitDirectionOtherLpu",
    }
}

/// The rights a channel has for a function where no client application says otherwise.
#[must_use]
pub fn default_rights(channel: Channel, function: Function) -> Rights {
    let own = match channel {
        Channel::Internet => Right::Internet,
        Channel::Infomat => Right::Infomat,
        Channel::CallCenter => Right::CallCenter,
        Channel::Doctor => Right::Doctor,
        Channel::Registry => return Rights::ALL,
    };
    match function {
        Function::VisitDoctor => Rights::of(&[own]),
        Function::VisitDirection => Rights::of(&[own, Right::Doctor]),
        Function::VisitDirectionOtherLpu => Rights::of(&[own, Right::Doctor, Right::DoctorOtherLpu]),
    }
}

/// A client application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its guid: a token's `client`, and the name it gives for its secret.
    pub id: ClientId,
    /// Its name, for operators.
    pub name: String,
    /// The one channel it speaks for.
    pub channel: Channel,
    /// The rights it may use, for each function that it has. A function it does not list it does
    /// not have.
    pub functions: Vec<(Function, Rights)>,
    /// How many days ahead of today it may book.
    pub schedule_days: u16,
}

/// Who is asking, once the token is verified.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The channel.
    pub channel: Channel,
    /// The client application, when the token names one.
    pub client: Option<Arc<Client>>,
}

impl Caller {
    /// The rights this caller may use for a function.
    #[must_use]
    pub fn rights(&self, function: Function) -> Rights {
        match &self.client {
            None => default_rights(self.channel, function),
            Some(client) => {
                client.functions.iter().find(|(f, _)| *f == function).map(|(_, rights)| *rights).unwrap_or_default()
            }
        }
    }

    /// How many days ahead this caller sees in a facility: the smaller of the facility's and the
    /// client's.
    #[must_use]
    pub fn window_days(&self, facility: &Facility) -> u16 {
        let own = self.client.as_ref().map_or(u16::MAX, |client| client.schedule_days);
        facility.schedule_days.min(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of section 7, row by row.
    #[test]
    fn the_default_rights_are_the_contracts() {
        use Channel as C;
        use Right::{CallCenter, Doctor, DoctorOtherLpu, Infomat, Internet};
        let rows: [(C, [&[Right]; 3]); 5] = [
            (C::Internet, [&[Internet], &[Internet, Doctor], &[Internet, Doctor, DoctorOtherLpu]]),
            (C::Infomat, [&[Infomat], &[Infomat, Doctor], &[Infomat, Doctor, DoctorOtherLpu]]),
            (C::CallCenter, [&[CallCenter], &[CallCenter, Doctor], &[CallCenter, Doctor, DoctorOtherLpu]]),
            (C::Doctor, [&[Doctor], &[Doctor], &[Doctor, DoctorOtherLpu]]),
            (C::Registry, [Right::ALL, Right::ALL, Right::ALL]),
        ];
        for (channel, [doctor, direction, other]) in rows {
            assert_eq!(default_rights(channel, Function::VisitDoctor), Rights::of(doctor));
            assert_eq!(default_rights(channel, Function::VisitDirection), Rights::of(direction));
            assert_eq!(default_rights(channel, Function::VisitDirectionOtherLpu), Rights::of(other));
        }
    }

    #[test]
    fn a_client_has_only_the_functions_it_lists() {
        let client = Client {
            id: ClientId::from_bytes([1; 16]),
            name: "киоск".into(),
            channel: Channel::Infomat,
            functions: vec![(Function::VisitDirection, Rights::of(&[Right::Infomat]))],
            schedule_days: 7,
        };
        let caller = Caller { channel: Channel::Infomat, client: Some(Arc::new(client)) };
        assert_eq!(caller.rights(Function::VisitDirection), Rights::of(&[Right::Infomat]));
        assert_eq!(caller.rights(Function::VisitDoctor), Rights::default());
    }

    #[test]
    fn rights_survive_being_kept_as_a_number() {
        for right in Right::ALL {
            let set = Rights::of(&[*right, Right::Registry]);
            assert_eq!(Rights::from_bits(set.bits()), set);
            assert!(set.iter().any(|r| r == *right));
        }
    }
}
