//! Checksums, the same in every back end.

use sha2::{Digest, Sha256};
use talon_domain::{access::Channel, entry::Entry};

/// Eight bytes over everything that an entry says. They stand beside it in the store, so that a
/// damaged entry is found before it is served.
#[must_use]
pub fn entry_checksum(entry: &Entry) -> [u8; 8] {
    let mut sum = Sha256::new();
    // Each part is preceded by its length, so that no two entries run into the same bytes.
    let mut part = |bytes: &[u8]| {
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    };
    part(entry.key.facility.bytes());
    part(entry.key.entry.bytes());
    part(entry.person.bytes());
    match &entry.referral {
        Some(key) => [&key.facility.bytes()[..], &key.referral.bytes()[..]].into_iter().for_each(&mut part),
        None => part(&[]),
    }
    part(entry.resource.bytes());
    part(entry.slot.bytes());
    part(&entry.place.to_le_bytes());
    part(entry.specialty.0.as_bytes());
    part(&entry.start.as_second().to_le_bytes());
    part(&entry.minutes.to_le_bytes());
    part(entry.ticket.0.as_bytes());
    part(entry.state.code().as_bytes());
    part(&entry.version.to_le_bytes());
    part(&entry.booked_at.as_microsecond().to_le_bytes());
    part(entry.client.as_ref().map_or(&[], |client| client.bytes()));
    part(entry.channel.map_or("", Channel::code).as_bytes());
    let digest = sum.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    first
}

/// The checksum of a migration's statements, in hexadecimal digits.
#[must_use]
pub fn migration_checksum(sql: &str) -> String {
    Sha256::digest(sql).iter().map(|byte| format!("{byte:02x}")).collect()
}
