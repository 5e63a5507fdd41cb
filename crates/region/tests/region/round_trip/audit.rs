//! Records of the audit and their seals.

use std::net::IpAddr;

use proptest::{option::of, prelude::*, sample::select};
use talon_domain::{
    access::Channel,
    audit::{Action, AuditKind, AuditRecord},
    ids::{AuditId, ClientId, RequestId},
    node::NodeName,
};
use talon_store::{Chain, ChainHash, Seal};

use super::records::{any_text, bytes, day, facility_id, person_id, precise_instant};

pub(super) fn record() -> impl Strategy<Value = AuditRecord> {
    let who = (of(person_id()), of(bytes()), of(select(Channel::ALL)));
    let what = (select(Action::ALL), of(facility_id()), of(any_text()), any_text());
    let whence = (of(any::<[u8; 4]>()), of(node()));
    (bytes(), precise_instant(), bytes(), whence, who, what).prop_map(|(id, at, request, (from, node), who, what)| {
        AuditRecord {
            id: AuditId::from_bytes(id),
            at,
            request: RequestId::from_bytes(request),
            from: from.map(IpAddr::from),
            node,
            person: who.0,
            client: who.1.map(ClientId::from_bytes),
            channel: who.2,
            action: what.0,
            facility: what.1,
            object: what.2,
            outcome: what.3,
        }
    })
}

fn node() -> impl Strategy<Value = NodeName> {
    "[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?".prop_map(|name| name.parse().unwrap())
}

pub(super) fn seal() -> impl Strategy<Value = Seal> {
    let chain = (node(), select(AuditKind::ALL), day());
    (chain, 1..=u64::from(u32::MAX), bytes(), bytes(), any::<[u8; 32]>()).prop_map(
        |((node, kind, day), number, request, audit, hash)| Seal {
            chain: Chain { node, kind, day },
            number,
            request: RequestId::from_bytes(request),
            audit: AuditId::from_bytes(audit),
            hash: ChainHash(hash),
        },
    )
}
