//! How long to wait before the next attempt.

use jiff::SignedDuration;
use uuid::Uuid;

/// After the first failure; each next pause is twice as long.
const FIRST: SignedDuration = SignedDuration::from_secs(30);

/// No pause is longer: who is unreachable for a night is tried again in the morning.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The pause after this many failures, from half of it to the whole: what failed together must not come back together.
/// `drawn` is a random guid.
pub(crate) fn pause(failures: u32, drawn: Uuid) -> SignedDuration {
    let doubled = FIRST.saturating_mul(1_i32.checked_shl(failures.saturating_sub(1)).unwrap_or(i32::MAX).max(1));
    let whole = doubled.min(LONGEST);
    // Thousandths of a half; the low bytes of a guid are all random.
    let share = i32::from(u16::from_be_bytes([drawn.as_bytes()[14], drawn.as_bytes()[15]])) % 1000;
    whole / 2 + whole / 2 / 1000 * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_differ() {
        let (least, most) = (Uuid::nil(), Uuid::from_u128(999));
        for (failures, whole) in [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (40, 3600), (u32::MAX, 3600)] {
            assert_eq!(pause(failures, least).as_secs(), whole / 2, "{failures}");
            let longest = pause(failures, most).as_secs_f64();
            assert!(longest <= whole as f64 && longest > 0.99 * whole as f64, "{failures}: {longest}");
        }
    }
}
