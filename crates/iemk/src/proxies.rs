//! From which address a request comes, where proxies stand between its caller and the listener.
//!
//! A header that names an address is the word of whoever sent it. It is believed of the proxies that the
//! installation trusts and of nobody else: otherwise everybody would have as many addresses as they can write.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};

/// Proxies whose word is believed on the address for which they ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are.
    pub networks: Vec<Network>,
    /// How they say it.
    pub header: ProxyHeader,
}

/// The header in which proxies name the address for which they ask.
///
/// One of them, by choice of the installation: a proxy that writes the one passes the other on as its caller wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`: addresses, the nearest hop last.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the parameter `for` of each element, the nearest hop last.
    Forwarded,
}

/// A text that names neither header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x-forwarded-for or forwarded is needed")]
pub struct BadProxyHeader;

impl FromStr for ProxyHeader {
    type Err = BadProxyHeader;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(BadProxyHeader),
        }
    }
}

/// Addresses that begin with the same bits. Those of IPv4 are kept as IPv6 maps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    length: u32,
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address such as 192.0.2.7 or a network such as 10.0.0.0/8 or 2001:db8::/32 is needed")]
pub struct BadNetwork;

impl Network {
    /// Whether it is every address that there is.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.length == 0 || *self == Self { first: bits(IpAddr::from([0, 0, 0, 0])), length: 96 }
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        (bits(address) ^ self.first) & mask(self.length) == 0
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    /// An address, alone or with the number of bits that the network's addresses share; the others are 0.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length = length.map_or(Ok(most), str::parse::<u32>).ok().filter(|length| *length <= most);
        let network = Self { first: bits(address), length: before + length.ok_or(BadNetwork)? };
        if network.first & !mask(network.length) == 0 { Ok(network) } else { Err(BadNetwork) }
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

impl Proxies {
    /// The address of the caller: the first on the way back that is not a trusted proxy's. A hop that names none that
    /// can be read is the caller itself.
    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.to_canonical();
        if !self.trust(address) {
            return address;
        }
        for before in self.named(headers).into_iter().rev() {
            let Some(before) = before else { break };
            address = before;
            if !self.trust(address) {
                break;
            }
        }
        address
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The addresses that the headers name, in their order; `None` for one that cannot be read.
    fn named(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ProxyHeader::XForwardedFor => (HeaderName::from_static("x-forwarded-for"), node),
            ProxyHeader::Forwarded => (FORWARDED, forwarded_for),
        };
        let values = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default());
        values.flat_map(|value| parts(value, ',').into_iter().map(read)).collect()
    }
}

/// The address in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    parts(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("for") {
            return None;
        }
        let value = value.trim();
        node(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
    })
}

/// An address as proxies write it: with a port or without, one of IPv6 maybe in brackets.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// The parts between separators that stand in no quoted string. What a caller can bring into such a string is no part
/// of its own.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let between = text.split(|character| {
        let is_itself = std::mem::take(&mut escaped);
        match character {
            _ if is_itself => {}
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        character == separator && !quoted
    });
    between.collect()
}

#[cfg(test)]
mod tests;
