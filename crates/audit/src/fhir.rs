//! Records as FHIR R4 AuditEvent, in the shape of IHE's Basic Audit Log Patterns (BALP 1.1).
//!
//! A profile is claimed only by an event that has all it demands: one that succeeded, with the address that it came
//! from. Lists of a person's referrals, entries and free times are reads of the person's data here: BALP's profile for
//! searches wants the request as it was sent, which the audit does not keep.

use serde_json::{Value, json};
use talon_domain::audit::{Action, AuditRecord};

const PROFILE: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit";
const ENTITY_TYPE: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const HL7: &str = "http://terminology.hl7.org/CodeSystem";

/// What FHIR calls an action.
struct Kind {
    profile: &'static str,
    subtype: &'static str,
    action: &'static str,
}

/// A record as an AuditEvent.
#[must_use]
pub fn audit_event(record: &AuditRecord) -> Value {
    let succeeded = matches!(record.outcome.as_str(), "ok" | "repeated");
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": record.id.to_string(),
        "recorded": record.at.to_string(),
        "outcome": if succeeded { "0" } else { "4" },
        "outcomeDesc": record.outcome,
        "agent": agents(record),
        "source": {
            "observer": { "display": node(record) },
            "type": [coding(&format!("{HL7}/security-source-type"), "4", "Application Server")],
        },
        "entity": entities(record),
    });
    match kind(record.action) {
        Some(kind) => {
            event["type"] = coding(&format!("{HL7}/audit-event-type"), "rest", "Restful Operation");
            event["subtype"] = json!([coding("http://hl7.org/fhir/restful-interaction", kind.subtype, kind.subtype)]);
            event["action"] = kind.action.into();
            if succeeded && record.from.is_some() && !is_by_itself(record.action) {
                let patient = if record.person.is_some() { "Patient" } else { "" };
                event["meta"] = json!({ "profile": [format!("{PROFILE}.{patient}{}", kind.profile)] });
            }
        }
        None => {
            event["type"] = coding(DICOM, "110114", "User Authentication");
            event["subtype"] = json!([coding(DICOM, "110122", "Login")]);
            event["action"] = "E".into();
        }
    }
    event
}

/// `None` for tokens, which are no data.
fn kind(action: Action) -> Option<Kind> {
    Some(match action {
        Action::Token => return None,
        Action::Book | Action::Hold | Action::Wait | Action::Offer => {
            Kind { profile: "Create", subtype: "create", action: "C" }
        }
        // What is given up stays known.
        Action::Cancel | Action::Move | Action::Release | Action::Withdraw | Action::Merge => {
            Kind { profile: "Update", subtype: "update", action: "U" }
        }
        Action::Erase => Kind { profile: "Delete", subtype: "delete", action: "D" },
        Action::Export
        | Action::ReadPerson
        | Action::ReadReferrals
        | Action::ReadEntries
        | Action::ReadFreeTimes
        | Action::ReadTicket
        | Action::ReadWaiting => Kind { profile: "Read", subtype: "read", action: "R" },
    })
}

/// Whether the node does it by itself, or for whoever sits at it: no client application asks for these.
fn is_by_itself(action: Action) -> bool {
    matches!(action, Action::Offer | Action::Export | Action::Erase | Action::Merge)
}

/// The client application, the node and the person. One of them is the requestor: the person, or whoever asked without
/// one, or the node for what it does by itself.
fn agents(record: &AuditRecord) -> Vec<Value> {
    let reads = kind(record.action).is_some_and(|kind| kind.action == "R");
    // Data flow from source to destination.
    let source = concept(DICOM, "110153", "Source Role ID");
    let destination = concept(DICOM, "110152", "Destination Role ID");
    let (client_role, node_role) = if reads { (destination, source) } else { (source, destination) };
    let by_itself = is_by_itself(record.action);
    let mut agents = Vec::new();
    if !by_itself {
        let channel = record.channel.map_or("unknown", |channel| channel.code());
        let mut client = json!({
            "type": client_role,
            "who": { "display": channel },
            "requestor": record.person.is_none(),
        });
        if let Some(id) = record.client {
            client["who"]["identifier"] = uuid(&id);
        }
        if let Some(from) = record.from {
            client["network"] = json!({ "address": from.to_string(), "type": "2" });
        }
        agents.push(client);
    }
    agents.push(json!({
        "type": node_role,
        "who": { "display": node(record) },
        "requestor": by_itself,
        "network": { "address": node(record), "type": "1" },
    }));
    if let Some(person) = record.person.filter(|_| !by_itself) {
        let role = match reads {
            true => concept(PARTICIPATION, "IRCP", "information recipient"),
            false => concept(PARTICIPATION, "AUT", "author (originator)"),
        };
        agents.push(json!({ "type": role, "who": { "identifier": uuid(&person) }, "requestor": true }));
    }
    agents
}

fn entities(record: &AuditRecord) -> Vec<Value> {
    let mut data = json!({
        "type": coding(&format!("{HL7}/audit-entity-type"), "2", "System Object"),
        "role": coding(&format!("{HL7}/object-role"), "4", "Domain Resource"),
        "what": { "display": record.action.code() },
    });
    if let Some(object) = &record.object {
        data["what"]["identifier"] = json!({ "value": object });
    }
    if let Some(facility) = record.facility {
        data["detail"] = json!([{ "type": "facility", "valueString": facility.to_string() }]);
    }
    let mut entities = vec![
        json!({
            "type": { "system": ENTITY_TYPE, "code": "XrequestId" },
            "what": { "identifier": { "value": record.request.to_string() } },
        }),
        data,
    ];
    if let Some(person) = record.person {
        entities.push(json!({
            "type": coding(&format!("{HL7}/audit-entity-type"), "1", "Person"),
            "role": coding(&format!("{HL7}/object-role"), "1", "Patient"),
            "what": { "reference": format!("Patient/{person}") },
        }));
    }
    entities
}

fn node(record: &AuditRecord) -> String {
    record.node.map_or_else(|| "talon".to_owned(), |node| node.to_string())
}

fn uuid(id: &impl ToString) -> Value {
    json!({ "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", id.to_string()) })
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [coding(system, code, display)] })
}

#[cfg(test)]
mod tests {
    use talon_domain::{
        access::Channel,
        ids::{AuditId, ClientId, PersonId, RequestId},
    };

    use super::*;

    fn record(action: Action, outcome: &str) -> AuditRecord {
        AuditRecord {
            id: AuditId::from_bytes([1; 16]),
            at: "2026-04-14T09:00:00.5Z".parse().unwrap(),
            request: RequestId::from_bytes([2; 16]),
            from: Some("192.0.2.7".parse().unwrap()),
            node: Some("zapis-1".parse().unwrap()),
            person: Some(PersonId::from_bytes([3; 16])),
            client: Some(ClientId::from_bytes([4; 16])),
            channel: Some(Channel::Internet),
            action,
            facility: None,
            object: Some("o".to_owned()),
            outcome: outcome.to_owned(),
        }
    }

    /// What R4 demands of every AuditEvent, and BALP of those that claim it.
    fn check(event: &Value) {
        for member in ["type", "recorded", "agent", "source"] {
            assert!(event.get(member).is_some(), "{member}: {event}");
        }
        assert!(event["source"]["observer"].is_object());
        let agents = event["agent"].as_array().unwrap();
        let requestors = agents.iter().filter(|agent| agent["requestor"].as_bool().unwrap()).count();
        assert_eq!(requestors, 1, "{event}");
        if event.get("meta").is_some() {
            assert_eq!(event["outcome"], "0");
            let roles: Vec<_> =
                agents.iter().map(|agent| agent["type"]["coding"][0]["code"].as_str().unwrap()).collect();
            assert!(roles.contains(&"110152") && roles.contains(&"110153"), "{roles:?}");
            let with_network = agents.iter().filter(|agent| agent.get("network").is_some()).count();
            assert_eq!(with_network, 2, "client and server, never the user");
        }
    }

    #[test]
    fn every_action_is_an_audit_event() {
        for action in Action::ALL {
            for outcome in ["ok", "repeated", "slot-taken"] {
                let whole = record(*action, outcome);
                let bare =
                    AuditRecord { from: None, node: None, person: None, client: None, object: None, ..whole.clone() };
                check(&audit_event(&whole));
                check(&audit_event(&bare));
                assert!(audit_event(&bare).get("meta").is_none());
            }
        }
    }

    #[test]
    fn a_read_tells_who_saw_what_of_whom() {
        let event = audit_event(&record(Action::ReadTicket, "ok"));
        assert_eq!(event["meta"]["profile"][0], format!("{PROFILE}.PatientRead"));
        assert_eq!((&event["action"], &event["subtype"][0]["code"]), (&json!("R"), &json!("read")));
        assert_eq!(event["agent"][0]["network"], json!({ "address": "192.0.2.7", "type": "2" }));
        assert_eq!(event["agent"][0]["type"]["coding"][0]["code"], "110152");
        assert_eq!(event["entity"][0]["what"]["identifier"]["value"], "02020202-0202-0202-0202-020202020202");
        assert_eq!(event["entity"][2]["what"]["reference"], "Patient/03030303-0303-0303-0303-030303030303");
    }

    #[test]
    fn a_refusal_claims_no_profile() {
        let event = audit_event(&record(Action::Book, "slot-taken"));
        assert_eq!((&event["outcome"], &event["outcomeDesc"]), (&json!("4"), &json!("slot-taken")));
        assert!(event.get("meta").is_none());
    }
}
