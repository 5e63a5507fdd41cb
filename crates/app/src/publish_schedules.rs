//! Turning templates into cells: every night, and on demand.

use jiff::{Timestamp, ToSpan};
use talon_domain::schedule::{Template, expand};
use talon_store::{Kind, Published, Record, Result, Store};

/// Makes the cells of every template for today and as many days after it as its facility
/// publishes, each local to the facility. Booked cells are left alone.
///
/// One transaction a template, so bookings go on between them; one that is interrupted is simply
/// run again.
///
/// # Errors
///
/// [`talon_store::StoreError`]; templates before it are published.
pub async fn publish(store: &dyn Store, now: Timestamp) -> Result<Published> {
    let mut sum = Published::default();
    let templates = store.snapshot().await?;
    let mut after = None;
    loop {
        let page = templates.page(Kind::Template, after).await?;
        for record in page.records {
            let Record::Template(template) = record else { continue };
            let done = publish_one(store, &template, now).await?;
            sum.added += done.added;
            sum.removed += done.removed;
            sum.kept += done.kept;
            sum.blocked += done.blocked;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(sum),
        }
    }
}

async fn publish_one(store: &dyn Store, template: &Template, now: Timestamp) -> Result<Published> {
    let reference = store.reference();
    // The reference data may be a second older than the template, whose facility is then made
    // known by the next run.
    let Some(facility) = reference.facility(template.resource.facility) else {
        tracing::warn!(facility = %template.resource.facility, "a template of a facility not known yet was passed over");
        return Ok(Published::default());
    };
    let today = facility.today(now);
    let last = today.saturating_add(i32::from(facility.schedule_days).days());
    store.publish(template, (today, last), expand(template, facility, today, last), now).await
}
