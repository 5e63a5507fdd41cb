//! A move: the entry in the path and, in the body, where to.

use talon_app::MoveRequest;
use talon_domain::ids::ResourceKey;

use super::{
    ShapeFault,
    book::{day, local_time},
    cancel::entry_key,
    field::{Fault, Faults, not_an_object},
    object::Object,
};

/// Reads one. Keys that are not ours are ignored, except that none may be given twice.
pub(crate) fn read_move(entry: &str, body: &[u8]) -> Result<MoveRequest, ShapeFault> {
    let mut faults = Faults::default();
    let entry = faults.read("entry", entry, entry_key);
    let target = match Object::read(body) {
        Some(object) => {
            let resource = faults.optional(&object, "resource_id", resource);
            let day = faults.required(&object, "day", day);
            let time = faults.required(&object, "time", local_time);
            faults.add_repeated(&object, FIELDS);
            day.zip(time).map(|(day, time)| (resource, day, time))
        }
        None => {
            faults.0.extend(not_an_object());
            None
        }
    };
    match (entry, target) {
        (Some(entry), Some((resource, day, time))) if faults.0.is_empty() => {
            Ok(MoveRequest { entry, resource, day, time })
        }
        _ => Err(faults.into()),
    }
}

const FIELDS: &[&str] = &["resource_id", "day", "time"];

/// Empty is absent: the same resource.
fn resource(text: &str) -> Result<Option<ResourceKey>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    ResourceKey::parse(text).map(Some).map_err(|_| Fault::ResourceId)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e7c9e6679-7425-40de-944b-e07fc1f90ae7";

    #[test]
    fn the_resource_may_be_left_out() {
        for resource in ["", r#""resource_id":null,"#, r#""resource_id":"","#] {
            let body = format!(r#"{{{resource}"day":"2026-04-14","time":"09:20"}}"#);
            let asked = read_move(ENTRY, body.as_bytes()).unwrap();
            assert_eq!((asked.resource, asked.time.hour()), (None, 9));
        }
        let body = format!(r#"{{"resource_id":"{ENTRY}","day":"2026-04-14","time":"09:20"}}"#);
        assert!(read_move(ENTRY, body.as_bytes()).unwrap().resource.is_some());
    }

    #[test]
    fn every_fault_is_named() {
        let Err(ShapeFault::Faulty(found)) = read_move("7", br#"{"resource_id":"7","day":"14.04.2026"}"#) else {
            panic!("no faults");
        };
        let found: Vec<_> = found.iter().map(|fault| (fault.field.as_str(), fault.fault)).collect();
        let expected = [
            ("entry", Fault::EntryId),
            ("resource_id", Fault::ResourceId),
            ("day", Fault::Day),
            ("time", Fault::Missing),
        ];
        assert_eq!(found, expected);
        assert!(matches!(read_move(ENTRY, b""), Err(ShapeFault::Faulty(_))));
        assert_eq!(read_move(ENTRY, br#"{"day":"2026-04-14","time":""}"#).unwrap_err(), ShapeFault::Empty);
    }
}
