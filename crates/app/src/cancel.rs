//! Giving an appointment up.

use std::collections::HashSet;

use jiff::Timestamp;
use talon_domain::{
    audit::Request,
    booking::{CancelCommand, ChangeRefusal, may_change},
    entry::Entry,
    history::CancelReason,
    ids::{AuditId, EntryKey, FacilityId},
};
use talon_tokens::Identity;

use crate::{App, Failure};

/// An entry that stays as it is, with what its owner needs to go on.
#[derive(Clone, Debug)]
pub struct Unchanged {
    /// Why.
    pub refusal: ChangeRefusal,
    /// The telephone of the facility's registry, where that is who can help.
    pub phone: Option<String>,
}

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
        reason: Option<CancelReason>,
        request: Request,
    ) -> Result<Result<(), Unchanged>, Failure> {
        let now = self.now();
        let command = CancelCommand {
            person: identity.person,
            caller: identity.caller(),
            entry,
            reason,
            cutoff: self.parts.settings.cancel_cutoff,
            churn: self.parts.settings.churn,
            request,
            new_audit: AuditId(self.parts.ids.ordered(now)),
        };
        let reply = self.parts.store.cancel(command, now).await?;
        Ok(reply.map_err(|refusal| self.unchanged(refusal, entry.facility)))
    }

    /// A refusal to change an entry of a facility. Only one's own entry leads to the registry, so the
    /// answer about an absent and a foreign one is the same.
    pub(crate) fn unchanged(&self, refusal: ChangeRefusal, facility: FacilityId) -> Unchanged {
        let registry_helps = matches!(refusal, ChangeRefusal::Begun | ChangeRefusal::TooLate);
        let reference = self.reference();
        let phone = reference.facility(facility).and_then(|facility| facility.phone.clone());
        Unchanged { refusal, phone: phone.filter(|_| registry_helps) }
    }

    /// Which entries of theirs the caller could cancel now, or move to a time that they could book. Only of those whose
    /// cutoff is over the cell is looked at: whether the doctor is absent makes a difference to these alone.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub(crate) async fn changeable(
        &self,
        identity: &Identity,
        entries: impl Iterator<Item = &Entry> + Send,
        now: Timestamp,
    ) -> Result<HashSet<EntryKey>, Failure> {
        let (caller, cutoff) = (identity.caller(), self.parts.settings.cancel_cutoff);
        let mut changeable = HashSet::new();
        for entry in entries.filter(|entry| entry.is_ahead(now)) {
            let mut may = may_change(entry, None, &caller, cutoff, now);
            if !may {
                let cell = self.parts.store.cell(entry.cell()).await?;
                may = may_change(entry, cell.as_ref(), &caller, cutoff, now);
            }
            if may {
                changeable.insert(entry.key);
            }
        }
        Ok(changeable)
    }

    /// How long before it begins patients may still cancel or move an appointment.
    #[must_use]
    pub fn cancel_cutoff(&self) -> std::time::Duration {
        self.parts.settings.cancel_cutoff
    }
}
