//! What a page tells those whose doctor will not be there.

use jiff::Timestamp;
use talon_domain::message::{Message, MessageKind};
use talon_store::{PageFacts, Record};

use crate::{entry, failure::Result, outbox, session::Session};

/// Owes a message to each whose cell the page makes absent.
pub(super) fn tell(session: &Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    for (entry, cell) in facts.left_without_a_doctor(records) {
        let visit = entry::by_key(session.connection, entry)?;
        if let Some(visit) = visit.filter(|visit| visit.is_ahead(now) && visit.cell() == cell) {
            let kind = MessageKind::Absent;
            outbox::owe_again(
                session.connection,
                &Message { entry: visit.key, version: visit.version, kind, created: now },
            )?;
        }
    }
    Ok(())
}
