//! Lines of the audit.

use talon_domain::audit::AuditRecord;
use talon_store::Seal;

use crate::object::Object;

pub(super) fn audit(object: &mut Object<'_>, audit: &AuditRecord) {
    object
        .plain("guid", audit.id)
        .plain("at", audit.at)
        .plain("request", audit.request)
        .plain_optional("from", audit.from)
        .plain_optional("node", audit.node)
        .plain_optional("person", audit.person)
        .plain_optional("client", audit.client)
        .plain_optional("channel", audit.channel.map(|channel| channel.code()))
        .plain("action", audit.action.code())
        .plain_optional("facility", audit.facility)
        .text_optional("object", audit.object.as_deref())
        .text("outcome", &audit.outcome);
}

pub(super) fn seal(object: &mut Object<'_>, seal: &Seal) {
    object
        .plain("node", seal.chain.node)
        .plain("kind", seal.chain.kind.code())
        .plain("day", seal.chain.day)
        .number("number", seal.number)
        .plain("request", seal.request)
        .plain("audit", seal.audit)
        .plain("hash", seal.hash);
}
