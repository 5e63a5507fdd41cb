//! What the audit says of a command: the same words from every back end.

use jiff::Timestamp;
use talon_domain::{
    audit::{Action, AuditRecord},
    booking::{BookCommand, CancelCommand, HoldChange, HoldCommand, MoveCommand},
    ids::{FacilityId, SlotKey},
    waiting::{WaitCommand, WithdrawCommand},
};

use crate::{
    BookReply, Booked, CancelReply, ExtendReply, HoldReply, KeptHold, MoveReply, ReleaseReply, WaitReply, WithdrawReply,
};

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
        request: command.request.id,
        from: command.request.from,
        node: command.request.node,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Book,
        facility,
        object: Some(match reply {
            Ok(booked) => booked.entry.to_string(),
            Err(_) => match (command.referral, command.cell) {
                (Some(referral), _) => referral.to_string(),
                (None, Some(slot)) => SlotKey { facility: command.resource.facility, slot }.to_string(),
                (None, None) => command.resource.to_string(),
            },
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
        request: command.request.id,
        from: command.request.from,
        node: command.request.node,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Cancel,
        facility,
        object: Some(command.entry.to_string()),
        outcome: reply.as_ref().map_or_else(|refusal| refusal.slug(), |()| "ok").to_owned(),
    }
}

/// The record of a request to hold a time that was decided. `facility` is the one that it names, where it is known.
#[must_use]
pub fn hold_record(
    command: &HoldCommand,
    facility: Option<FacilityId>,
    reply: &HoldReply,
    now: Timestamp,
) -> AuditRecord {
    let asked = &command.asked;
    AuditRecord {
        id: asked.new_ids.audit,
        at: now,
        request: asked.request.id,
        from: asked.request.from,
        node: asked.request.node,
        person: Some(asked.person),
        client: asked.caller.client.as_ref().map(|client| client.id),
        channel: Some(asked.caller.channel),
        action: Action::Hold,
        facility,
        object: Some(match reply {
            Ok(kept) => kept.hold.key.to_string(),
            Err(_) => asked.referral.map_or_else(|| asked.resource.to_string(), |referral| referral.to_string()),
        }),
        outcome: match reply {
            Ok(KeptHold { repeated: true, .. }) => "repeated",
            Ok(_) => "ok",
            Err(refusal) => refusal.slug(),
        }
        .to_owned(),
    }
}

/// The record of a request to hold a time longer that was decided.
#[must_use]
pub fn extend_record(change: &HoldChange, reply: &ExtendReply, now: Timestamp) -> AuditRecord {
    let outcome = reply.as_ref().map_or_else(|refusal| refusal.slug(), |_| "ok");
    change_record(change, Action::Hold, outcome, now)
}

/// The record of giving a hold up that was decided.
#[must_use]
pub fn release_record(change: &HoldChange, reply: &ReleaseReply, now: Timestamp) -> AuditRecord {
    let outcome = reply.as_ref().map_or_else(|refusal| refusal.slug(), |()| "ok");
    change_record(change, Action::Release, outcome, now)
}

/// Whether the hold's facility is known is not looked up for a hold that is not there: the record names the object
/// as the request gave it.
fn change_record(change: &HoldChange, action: Action, outcome: &str, now: Timestamp) -> AuditRecord {
    AuditRecord {
        id: change.new_audit,
        at: now,
        request: change.request.id,
        from: change.request.from,
        node: change.request.node,
        person: Some(change.person),
        client: change.caller.client.as_ref().map(|client| client.id),
        channel: Some(change.caller.channel),
        action,
        facility: (outcome != "hold-not-found").then_some(change.hold.facility),
        object: Some(change.hold.to_string()),
        outcome: outcome.to_owned(),
    }
}

/// The record of a move that was decided. `facility` is the entry's, where there is one.
#[must_use]
pub fn move_record(
    command: &MoveCommand,
    facility: Option<FacilityId>,
    reply: &MoveReply,
    now: Timestamp,
) -> AuditRecord {
    let outcome = match reply {
        Ok(Booked { repeated: true, .. }) => "repeated",
        Ok(_) => "ok",
        Err(refusal) => refusal.slug(),
    };
    AuditRecord {
        id: command.new_audit,
        at: now,
        request: command.request.id,
        from: command.request.from,
        node: command.request.node,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Move,
        facility,
        object: Some(command.entry.to_string()),
        outcome: outcome.to_owned(),
    }
}

/// The record of a request to join a waiting list that was decided. `facility` is the one that it names, where it is
/// known.
#[must_use]
pub fn wait_record(
    command: &WaitCommand,
    facility: Option<FacilityId>,
    reply: &WaitReply,
    now: Timestamp,
) -> AuditRecord {
    AuditRecord {
        id: command.new_audit,
        at: now,
        request: command.request.id,
        from: command.request.from,
        node: command.request.node,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Wait,
        facility,
        object: match reply {
            Ok(joined) => Some(joined.waiting.key.to_string()),
            Err(_) => command.referral.map(|referral| referral.to_string()),
        },
        outcome: reply.as_ref().map_or_else(|refusal| refusal.slug(), |_| "ok").to_owned(),
    }
}

/// The record of leaving a waiting list that was decided.
#[must_use]
pub fn withdraw_record(command: &WithdrawCommand, reply: &WithdrawReply, now: Timestamp) -> AuditRecord {
    AuditRecord {
        id: command.new_audit,
        at: now,
        request: command.request.id,
        from: command.request.from,
        node: command.request.node,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Withdraw,
        facility: reply.is_ok().then_some(command.waiting.facility),
        object: Some(command.waiting.to_string()),
        outcome: reply.as_ref().map_or_else(|refusal| refusal.slug(), |()| "ok").to_owned(),
    }
}
