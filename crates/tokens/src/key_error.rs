//! What can be wrong with keys, told to the operator who has to put it right.

use std::{io, path::PathBuf};

/// A key that cannot be used. Each text names the file or the issuer and says what to do; none
/// holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file is not there.
    #[error("{} does not exist: put the file there or correct the setting that names it", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{} cannot be read ({cause}): let the server's user read it", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is larger than a file of keys can reasonably be.
    #[error("{} is larger than {limit} bytes: it should hold keys and nothing else", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The file of public keys is not JSON.
    #[error(
        "{} is not JSON (line {line}, column {column}): it must be a JWKS, {{\"keys\": [...]}}; \
         a PEM file has to be converted to one", .path.display()
    )]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1.
        column: usize,
    },
    /// The file is JSON, but not a set of keys.
    #[error(
        "{} is not a JWKS: it must be an object with an array \"keys\"; put a single key in as {{\"keys\": [...]}}",
        .path.display()
    )]
    NotKeySet {
        /// The file.
        path: PathBuf,
    },
    /// The set of keys holds a secret one.
    #[error(
        "{}, {key}: holds the private part `{member}`: replace the file by one with the public keys only, \
         and consider this key disclosed", .path.display()
    )]
    PrivatePart {
        /// The file.
        path: PathBuf,
        /// Which key: its place and `kid`.
        key: String,
        /// The name of the member that should not be there.
        member: &'static str,
    },
    /// The set of keys holds a shared secret.
    #[error(
        "{}, {key}: is a symmetric key (kty \"oct\"): take it out; a shared secret is configured as such, \
         not in a JWKS", .path.display()
    )]
    Symmetric {
        /// The file.
        path: PathBuf,
        /// Which key: its place and `kid`.
        key: String,
    },
    /// A key of the set contradicts itself or is too weak.
    #[error("{}, {key}: {fault}", .path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Which key: its place and `kid`.
        key: String,
        /// What is wrong and what to do.
        fault: &'static str,
    },
    /// The set has no key for one of our algorithms.
    #[error(
        "{} has no key that can be used: it needs at least one signature key of the kinds Ed25519, P-256 or \
         RSA of 2048 bits and more", .path.display()
    )]
    NoUsableKey {
        /// The file.
        path: PathBuf,
    },
    /// Two keys have one name, so that a token would not say which it means.
    #[error("the key id {kid:?} is used by two keys (issuers {first:?} and {second:?}): rename one of them")]
    SameKid {
        /// The name.
        kid: String,
        /// The issuer of the one.
        first: String,
        /// The issuer of the other; may be the same.
        second: String,
    },
    /// The issuer's settings let nothing in.
    #[error("issuer {issuer:?}: {fault}")]
    BadIssuer {
        /// The issuer's name.
        issuer: String,
        /// What is wrong and what to do.
        fault: &'static str,
    },
    /// Others than the owner may read a secret.
    #[error("{0} holds a secret and others than its owner may open it: chmod 600 {0}", .path.display())]
    RightsTooOpen {
        /// The file.
        path: PathBuf,
    },
    /// The file of the installation's own key is something else.
    #[error(
        "{} is not an Ed25519 private key in PKCS#8 PEM: make one with `openssl genpkey -algorithm ed25519`, \
         or move the file away and let the server make its own", .path.display()
    )]
    NotOwnKey {
        /// The file.
        path: PathBuf,
    },
    /// The file of a public key is something else.
    #[error("{} is not an Ed25519 public key as a JWK: `talon audit key` prints one", .path.display())]
    NotPublicKey {
        /// The file.
        path: PathBuf,
    },
    /// The installation's own key could not be written.
    #[error(
        "{} cannot be created ({cause}): make its directory and let the server's user write there", .path.display()
    )]
    NotCreated {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A token's end lies beyond the calendar.
    #[error("the token's lifetime is too long: ask for a shorter one")]
    LifetimeTooLong,
    /// The cryptographic library does not do what it must.
    #[error("the cryptographic library failed at {0}: this build or this machine must not be used")]
    Crypto(&'static str),
}
