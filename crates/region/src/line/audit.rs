//! Lines of the audit.

use talon_domain::{
    access::Channel,
    audit::{Action, AuditKind, AuditRecord},
    ids::{AuditId, ClientId, FacilityId, PersonId, RequestId},
};
use talon_store::{Chain, ChainHash, Seal};

use super::{Line, booking::INSTANT, people::DATE};
use crate::{fields::Fields, formats, limits};

const NODE: &str = "a node's name: letters a to z, digits and . _ -";
const HASH: &str = "a SHA-256 in 64 hexadecimal digits";

pub(super) fn audit(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let id = fields.guid("guid", AuditId::parse);
    let at = fields.read("at", INSTANT, formats::instant);
    let request = fields.guid("request", RequestId::parse);
    let from = fields.read_optional("from", "an address", |text| text.parse().ok());
    let node = fields.read_optional("node", NODE, |text| text.parse().ok());
    let person = fields.guid_optional("person", PersonId::parse);
    let client = fields.guid_optional("client", ClientId::parse);
    let channel = fields.code_optional("channel", Channel::ALL, Channel::code);
    let action = fields.code("action", Action::ALL, Action::code);
    let facility = fields.guid_optional("facility", FacilityId::parse);
    let object = fields.text_optional("object", limits::TEXT);
    let outcome = fields.text("outcome", limits::TEXT);
    Some(Line::Audit(AuditRecord {
        id: id?,
        at: at?,
        request: request?,
        from: from?,
        node: node?,
        person: person?,
        client: client?,
        channel: channel?,
        action: action?,
        facility: facility?,
        object: object?,
        outcome: outcome?,
    }))
}

pub(super) fn seal(fields: &mut Fields<'_, '_>) -> Option<Line> {
    let node = fields.read("node", NODE, |text| text.parse().ok());
    let kind = fields.code("kind", AuditKind::ALL, AuditKind::code);
    let day = fields.read("day", DATE, formats::date);
    let number = fields.number("number", 1, u64::from(u32::MAX));
    let request = fields.guid("request", RequestId::parse);
    let audit = fields.guid("audit", AuditId::parse);
    let hash = fields.read("hash", HASH, ChainHash::parse);
    Some(Line::Seal(Seal {
        chain: Chain { node: node?, kind: kind?, day: day? },
        number: number?,
        request: request?,
        audit: audit?,
        hash: hash?,
    }))
}
