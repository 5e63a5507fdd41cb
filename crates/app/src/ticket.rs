//! Tickets: for the person whose entry it is, and for whoever has the ticket's link.

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;
use talon_domain::{
    audit::{Action, Request},
    entry::Entry,
    facility::Facility,
    ids::{EntryKey, ResourceKey},
    resource::{Resource, Specialty},
};
use talon_store::TicketReader;
use talon_tokens::Identity;

use crate::{App, Failure, Limited, ReadRecord, audit::Actor};

/// The slug of the refusal when there is no such entry, or it is somebody else's.
const NOT_FOUND: &str = "entry-not-found";

/// What a ticket is made of.
pub struct TicketSheet {
    /// The entry as it is now.
    pub entry: Entry,
    /// Where it takes place.
    pub facility: Arc<Facility>,
    /// With whom, while the facility has the resource.
    pub resource: Option<Arc<Resource>>,
    /// Of which specialty, while the installation lists it.
    pub specialty: Option<Arc<Specialty>>,
    /// The number printed on the referral.
    pub referral_number: Option<String>,
    /// The token that opens this ticket for reading; `None` on an installation without a key of its own.
    pub link: Option<String>,
    /// When it was made.
    pub made: Timestamp,
}

impl App {
    /// The ticket of the caller's own entry, cancelled ones included; `None` when there is no such entry or
    /// it is somebody else's.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn ticket(
        &self,
        identity: &Identity,
        entry: EntryKey,
        request: Request,
    ) -> Result<Option<TicketSheet>, Failure> {
        let sheet = self.sheet(entry, TicketReader::Person(identity.person)).await?;
        self.record_read(identity, request, read(entry, sheet.is_some())).await?;
        Ok(sheet)
    }

    /// The ticket that a link opens; `None` when it opens none. A link that this installation did not make
    /// touches no data, and leaves no record.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn linked_ticket(&self, token: &str, request: Request) -> Result<Option<TicketSheet>, Failure> {
        let Some(entry) = self.links.as_ref().and_then(|links| links.open(token)) else { return Ok(None) };
        let sheet = self.sheet(entry, TicketReader::Link).await?;
        self.keep(Actor::default(), request, read(entry, sheet.is_some())).await?;
        Ok(sheet)
    }

    /// What the code of a ticket says: the address that opens it, or the token alone where the installation
    /// does not know by which address it is reached.
    #[must_use]
    pub fn link_address(&self, token: &str) -> String {
        match &self.parts.settings.public_url {
            Some(url) => format!("{url}/t/{token}"),
            None => token.to_owned(),
        }
    }

    /// Whether a link may be opened once more now, and from this address. What no link is costs nothing and is
    /// counted for the address alone.
    ///
    /// # Errors
    ///
    /// [`Limited`]
    pub fn admit_link(&self, token: &str, address: Option<IpAddr>) -> Result<(), Limited> {
        self.admit_address(address)?;
        match self.links.as_ref().and_then(|links| links.open(token)) {
            Some(entry) => self.link_readers.take(entry.entry.0, self.now()),
            None => Ok(()),
        }
    }

    async fn sheet(&self, key: EntryKey, reader: TicketReader) -> Result<Option<TicketSheet>, Failure> {
        let Some(found) = self.parts.store.ticket(key, reader).await? else { return Ok(None) };
        let reference = self.reference();
        let resource = ResourceKey { facility: key.facility, resource: found.entry.resource };
        let link = self.links.as_ref().map(|links| links.token(key)).transpose();
        Ok(Some(TicketSheet {
            facility: reference
                .facility(key.facility)
                .cloned()
                .ok_or_else(|| Failure::Internal(format!("entry {key} is of a facility that is not there")))?,
            resource: reference.resource(resource).cloned(),
            specialty: reference.specialty(&found.entry.specialty).cloned(),
            referral_number: found.referral_number,
            link: link.map_err(|error| Failure::Internal(error.to_string()))?,
            made: self.now(),
            entry: found.entry,
        }))
    }
}

fn read(entry: EntryKey, found: bool) -> ReadRecord {
    ReadRecord {
        action: Action::ReadTicket,
        facility: Some(entry.facility),
        object: Some(entry.to_string()),
        outcome: if found { "ok" } else { NOT_FOUND },
    }
}
