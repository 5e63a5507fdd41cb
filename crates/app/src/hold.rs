//! Holding a time while the patient makes up their mind.

use talon_domain::{
    audit::Request,
    booking::{HoldChange, HoldCommand, HoldTerms},
    ids::{AuditId, HoldKey},
};
use talon_store::{ExtendReply, KeptHold, ReleaseReply};
use talon_tokens::Identity;

use crate::{App, BookRequest, Failure, Refused};

impl App {
    /// Holds a time, admitted and decided like booking it, or says why not. Who holds it already is given the same
    /// hold.
    ///
    /// # Errors
    ///
    /// [`Failure`]: whether it is held may then be unknown; the same request tells.
    pub async fn hold(
        &self,
        identity: &Identity,
        asked: BookRequest,
        request: Request,
    ) -> Result<Result<KeptHold, Refused>, Failure> {
        let asked = self.book_command(identity, asked, request);
        let free_times = self.free_times(&asked);
        let command = HoldCommand { asked, terms: self.hold_terms() };
        match self.parts.store.hold(command, self.now()).await? {
            Ok(kept) => Ok(Ok(kept)),
            Err(refusal) => Ok(Err(self.refused(refusal, free_times.as_ref(), request).await)),
        }
    }

    /// Holds the caller's own hold longer. Somebody else's and an absent one are refused alike.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn extend_hold(
        &self,
        identity: &Identity,
        hold: HoldKey,
        request: Request,
    ) -> Result<ExtendReply, Failure> {
        let change = self.hold_change(identity, hold, request);
        Ok(self.parts.store.extend_hold(change, self.hold_terms(), self.now()).await?)
    }

    /// Gives the caller's own hold up; one that is given up already is answered alike. Somebody else's and an
    /// absent one are refused alike.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn release_hold(
        &self,
        identity: &Identity,
        hold: HoldKey,
        request: Request,
    ) -> Result<ReleaseReply, Failure> {
        let change = self.hold_change(identity, hold, request);
        Ok(self.parts.store.release_hold(change, self.now()).await?)
    }

    /// How long and how often may be held.
    #[must_use]
    pub fn hold_terms(&self) -> HoldTerms {
        self.parts.settings.holds
    }

    fn hold_change(&self, identity: &Identity, hold: HoldKey, request: Request) -> HoldChange {
        HoldChange {
            person: identity.person,
            caller: identity.caller(),
            hold,
            request,
            new_audit: AuditId(self.parts.ids.ordered(self.now())),
        }
    }
}
