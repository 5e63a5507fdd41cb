//! Cheap numbers and guids that depend on nothing but their place.

use uuid::{Builder, Uuid};

/// What a number is for: the same place gives each topic another number.
#[derive(Clone, Copy)]
pub(super) enum Topic {
    Facility = 1,
    FacilityShape,
    Resource,
    ResourceName,
    Person,
    PersonName,
    PersonShape,
    Policy,
    Card,
    Referral,
    FurtherReferral,
    Slot,
}

/// The number of a place: sixty-four bits, by the finalizer of SplitMix64.
pub(super) fn number(seed: u64, topic: Topic, place: u64) -> u64 {
    finalized(finalized(seed.wrapping_add(GAMMA.wrapping_mul(topic as u64))).wrapping_add(GAMMA.wrapping_mul(place)))
}

/// The guid of a place, laid out as version 4.
pub(super) fn guid(seed: u64, topic: Topic, place: u64) -> Uuid {
    let high = number(seed, topic, place);
    let low = finalized(high ^ GAMMA);
    let bits = u128::from(high) << 64 | u128::from(low);
    Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

fn finalized(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
