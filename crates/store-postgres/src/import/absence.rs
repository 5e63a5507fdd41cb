//! What a page tells those whose doctor will not be there.

use jiff::Timestamp;
use talon_domain::{
    entry::Entry,
    message::{Message, MessageKind},
};
use talon_store::{PageFacts, Record};

use crate::{entry, failure::Result, outbox, session::Session};

/// Owes a message to each whose cell the page makes absent.
pub(super) async fn tell(session: &Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    let (entries, cells): (Vec<_>, Vec<_>) = facts.left_without_a_doctor(records).into_iter().unzip();
    let rows = entry::rows(session.tx, &entries).await?;
    let visits: Vec<Entry> = rows.iter().map(entry::read).collect::<Result<_>>()?;
    let is_left = |visit: &&Entry| visit.is_ahead(now) && cells.contains(&visit.cell());
    let message =
        |visit: &Entry| Message { entry: visit.key, version: visit.version, kind: MessageKind::Absent, created: now };
    let messages: Vec<_> = visits.iter().filter(is_left).map(message).collect();
    outbox::owe_again(session.tx, &messages.iter().collect::<Vec<_>>()).await
}
