//! Names of nodes.

use std::{fmt, str::FromStr};

/// Longest name, in characters: that of a label in a host's name.
const LONGEST: usize = 63;

/// The name of one of the processes that serve an installation. It stays the same when that is started again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName {
    /// Followed by zeros, which no name has.
    bytes: [u8; LONGEST],
}

/// A text that is no node's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a node's name has 1 to 63 characters, which are letters a to z, digits, and . _ - between them")]
pub struct BadNodeName;

impl NodeName {
    /// The name that a host of this name gives its node: what stands before the first dot, with a hyphen for each
    /// character that a name cannot have; `None` when nothing is left.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
        let name: String = label.chars().map(plain).take(LONGEST).collect();
        name.trim_matches('-').parse().ok()
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(LONGEST);
        // Only ASCII gets in.
        self.bytes.get(..end).and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
    }
}

impl FromStr for NodeName {
    type Err = BadNodeName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let outer = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let name = text.as_bytes();
        if name.len() > LONGEST || !name.iter().all(|b| inner(*b)) || !outer(name.first()) || !outer(name.last()) {
            return Err(BadNodeName);
        }
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
        Ok(Self { bytes })
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_and_nothing_else_is_one() {
        for name in ["a", "zapis-1", "talon.2", "0", &"n".repeat(LONGEST)] {
            assert_eq!(name.parse::<NodeName>().unwrap().as_str(), name);
        }
        for other in ["", "-a", "a-", "A", "a b", "узел", "a\0", &"n".repeat(LONGEST + 1)] {
            assert_eq!(other.parse::<NodeName>(), Err(BadNodeName), "{other:?}");
        }
    }

    #[test]
    fn a_host_gives_its_node_a_name() {
        for (host, name) in
            [("Zapis-1.example.ru", "zapis-1"), ("db_2", "db-2"), ("talon-6d5f7-x2x", "talon-6d5f7-x2x")]
        {
            assert_eq!(NodeName::of_host(host).unwrap().as_str(), name);
        }
        for nameless in ["", ".", "узел"] {
            assert_eq!(NodeName::of_host(nameless), None);
        }
    }
}
