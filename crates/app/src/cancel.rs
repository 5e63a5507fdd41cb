//! Giving an appointment up.

use talon_domain::{
    access::Caller,
    booking::CancelCommand,
    ids::{AuditId, EntryKey, RequestId},
};
use talon_store::CancelReply;
use talon_tokens::Identity;

use crate::{App, Failure};

impl App {
    /// Cancels the caller's own entry; one that is cancelled already is answered alike. Somebody
    /// else's entry and an absent one are refused alike.
    ///
    /// # Errors
    ///
    /// [`Failure`]: whether it was cancelled may then be unknown; the same request tells.
    pub async fn cancel(
        &self,
        identity: &Identity,
        entry: EntryKey,
        request: RequestId,
    ) -> Result<CancelReply, Failure> {
        let now = self.now();
        let command = CancelCommand {
            person: identity.person,
            caller: Caller { channel: identity.channel, client: identity.client.clone() },
            entry,
            request,
            new_audit: AuditId(self.parts.ids.ordered(now)),
        };
        Ok(self.parts.store.cancel(command, now).await?)
    }
}
