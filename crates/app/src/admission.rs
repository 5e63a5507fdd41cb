//! Who may make one more request now.

use std::net::IpAddr;

use talon_tokens::Identity;
use uuid::Uuid;

use crate::{
    App, AppSettings, Limited,
    limiter::{Limiter, SECOND},
};

/// The allowances of those who ask by a token.
pub(crate) struct Admission {
    persons: Limiter,
    clients: Limiter,
    addresses: Limiter,
}

impl Admission {
    pub(crate) fn of(settings: &AppSettings) -> Self {
        Self {
            persons: Limiter::new(settings.person_burst, settings.person_per_second, SECOND),
            clients: Limiter::new(settings.client_burst, settings.client_per_second, SECOND),
            addresses: Limiter::new(settings.address_burst, settings.address_per_second, SECOND),
        }
    }
}

impl App {
    /// Whether one more request may be made now: for this person (section 2: 60 at once, then 5 a second), through
    /// their client application and from this address, where the installation limits those.
    ///
    /// A request that is refused uses up nobody's allowance. Otherwise one patient who asks without a pause would use
    /// up that of the portal, and everybody else would be refused.
    ///
    /// # Errors
    ///
    /// [`Limited`]. It must not be answered to an exact repetition: see [`App::is_repetition`].
    pub fn admit(&self, identity: &Identity, address: Option<IpAddr>) -> Result<(), Limited> {
        let (now, Admission { persons, clients, addresses }) = (self.now(), &self.admission);
        let asked = [
            (persons, Some(identity.person.0)),
            (clients, identity.client.as_ref().map(|client| client.id.0)),
            (addresses, address.map(network)),
        ];
        for (nth, (limiter, key)) in asked.iter().enumerate() {
            let taken = key.map_or(Ok(()), |key| limiter.take(key, now));
            if taken.is_err() {
                for (limiter, key) in &asked[..nth] {
                    if let Some(key) = key {
                        limiter.give_back(*key);
                    }
                }
                return taken;
            }
        }
        Ok(())
    }

    /// Whether one more request may come from this address now, where there is no token.
    ///
    /// # Errors
    ///
    /// [`Limited`]
    pub fn admit_address(&self, address: Option<IpAddr>) -> Result<(), Limited> {
        address.map_or(Ok(()), |address| self.admission.addresses.take(network(address), self.now()))
    }
}

/// What an address is counted as. Whoever has one address of IPv6 has 2⁶⁴, so there it is the network that counts.
fn network(address: IpAddr) -> Uuid {
    Uuid::from_u128(match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(address: &str) -> Uuid {
        network(address.parse().unwrap())
    }

    #[test]
    fn an_address_counts_however_it_is_written_and_a_network_of_ipv6_counts_once() {
        assert_eq!(counted("192.0.2.7"), counted("::ffff:192.0.2.7"));
        assert_ne!(counted("192.0.2.7"), counted("192.0.2.8"));
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:0:2"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
    }
}
