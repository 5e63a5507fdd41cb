//! What a receiver is told: that something happened to which object, and nothing about anybody.

use bytes::Bytes;
use serde_json::json;
use talon_domain::{
    event::{Event, EventKind},
    ids::{HoldId, HoldKey},
};

/// The bytes that are signed and sent. Ids as the portal contract writes them: who may know more asks for it there.
pub(crate) fn body(event: &Event) -> Bytes {
    let (about, version) = (event.key.about, event.key.version);
    let data = match event.key.kind {
        EventKind::Offered => {
            let hold = HoldKey { facility: about.facility, hold: HoldId(about.entry.0) };
            json!({ "facility": about.facility.to_string(), "hold": hold.to_string() })
        }
        EventKind::Schedule => {
            json!({ "facility": about.facility.to_string(), "resource": about.to_string() })
        }
        EventKind::Booked | EventKind::Moved | EventKind::Cancelled | EventKind::Arrived | EventKind::Missed => {
            json!({ "facility": about.facility.to_string(), "entry": about.to_string(), "version": version })
        }
    };
    let body = json!({ "type": event.key.kind.code(), "timestamp": event.happened.to_string(), "data": data });
    Bytes::from(body.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::Value;
    use talon_domain::{
        event::EventKey,
        ids::{EntryId, EntryKey, FacilityId},
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn ids_and_nothing_else_are_told() {
        let about = EntryKey { facility: FacilityId(Uuid::from_u128(1)), entry: EntryId(Uuid::from_u128(2)) };
        let told = |kind| {
            let key = EventKey { about, version: 3, kind };
            serde_json::from_slice::<Value>(&body(&Event { key, happened: Timestamp::UNIX_EPOCH })).unwrap()
        };
        let (facility, id) = (about.facility.to_string(), about.to_string());
        assert_eq!(
            told(EventKind::Moved),
            json!({ "type": "entry.moved", "timestamp": "1970-01-01T00:00:00Z",
                    "data": { "facility": facility, "entry": id, "version": 3 } })
        );
        assert_eq!(told(EventKind::Offered)["data"], json!({ "facility": facility, "hold": id }));
        assert_eq!(told(EventKind::Schedule)["data"], json!({ "facility": facility, "resource": id }));
    }
}
