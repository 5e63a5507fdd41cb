//! Ending what has run out: holds whose time is over.

use jiff::Timestamp;
use talon_store::{Result, Store, Swept};

/// Holds ended in one call of the store, at most: a bound for the time that others wait behind it.
const AT_ONCE: u32 = 100;

/// Ends every hold whose time is over by now.
///
/// # Errors
///
/// [`talon_store::StoreError`]; what was ended before it stays ended, and the next sweep finds the rest.
pub async fn sweep(store: &dyn Store, now: Timestamp) -> Result<Swept> {
    let mut sum = Swept::default();
    loop {
        let swept = store.sweep(now, AT_ONCE).await?;
        sum.ended += swept.ended;
        if swept.ended < u64::from(AT_ONCE) {
            return Ok(sum);
        }
    }
}
