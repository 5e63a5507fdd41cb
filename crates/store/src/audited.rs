//! What the audit says of a command: the same words from every back end.

use jiff::Timestamp;
use talon_domain::{
    audit::{Action, AuditRecord},
    booking::{BookCommand, CancelCommand},
    ids::FacilityId,
};

use crate::{BookReply, Booked, CancelReply};

/// The record of a booking that was decided. `facility` is the one that the command names, where it
/// is known.
#[must_use]
pub fn booking_record(
    command: &BookCommand,
    facility: Option<FacilityId>,
    reply: &BookReply,
    now: Timestamp,
) -> AuditRecord {
    let outcome = match reply {
        Ok(Booked { repeated: true, .. }) => "repeated",
        Ok(_) => "ok",
        Err(refusal) => refusal.slug(),
    };
    AuditRecord {
        id: command.new_ids.audit,
        at: now,
        request: command.request,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Book,
        facility,
        object: Some(match reply {
            Ok(booked) => booked.entry.to_string(),
            Err(_) => command.referral.map_or_else(|| command.resource.to_string(), |referral| referral.to_string()),
        }),
        outcome: outcome.to_owned(),
    }
}

/// The record of a cancellation that was decided. `facility` is the entry's, where there is one.
#[must_use]
pub fn cancel_record(
    command: &CancelCommand,
    facility: Option<FacilityId>,
    reply: &CancelReply,
    now: Timestamp,
) -> AuditRecord {
    AuditRecord {
        id: command.new_audit,
        at: now,
        request: command.request,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Cancel,
        facility,
        object: Some(command.entry.to_string()),
        outcome: reply.as_ref().map_or_else(|refusal| refusal.slug(), |()| "ok").to_owned(),
    }
}
