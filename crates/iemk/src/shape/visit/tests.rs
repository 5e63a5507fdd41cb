//! Shapes of a visit's body.

use super::*;

const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn read(body: &str) -> Result<VisitRequest, ShapeFault> {
    read_visit(GUID, &HeaderMap::new(), body.as_bytes())
}

fn faults(body: &str) -> Vec<(String, Fault)> {
    match read(body) {
        Err(ShapeFault::Faulty(found)) => found.into_iter().map(|fault| (fault.field, fault.fault)).collect(),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_cell_is_enough() {
    let asked = read(&format!(r#"{{"timeTable":"{GUID}","docGuid":"","dateTime":null}}"#)).unwrap();
    assert_eq!(asked.wanted, Wanted::Cell(SlotId::parse(GUID).unwrap()));
    assert_eq!((asked.referral, asked.email), (None, None));
}

#[test]
fn a_resource_is_named_with_its_facility_or_without() {
    let (facility, resource) = (FacilityId::parse(GUID).unwrap(), ResourceId::parse(GUID).unwrap());
    for (written, glued) in [(GUID.to_owned(), None), (format!("{GUID}{GUID}"), Some(facility))] {
        for clock in ["09:20", "09:20:00"] {
            let asked = read(&format!(r#"{{"docGuid":"{written}","dateTime":"2026-04-14T{clock}"}}"#)).unwrap();
            let (day, time) = (jiff::civil::date(2026, 4, 14), jiff::civil::time(9, 20, 0, 0));
            assert_eq!(asked.wanted, Wanted::Time { resource: (glued, resource), day, time });
        }
    }
}

#[test]
fn neither_cell_nor_resource_and_time_is_one_refusal() {
    for body in ["{}", r#"{"timeTable":"","docGuid":"","dateTime":""}"#, r#"{"dateTime":"2026-04-14T09:20"}"#] {
        assert_eq!(read(body).unwrap_err(), ShapeFault::Empty, "{body}");
    }
    assert_eq!(read(&format!(r#"{{"docGuid":"{GUID}"}}"#)).unwrap_err(), ShapeFault::Empty);
}

#[test]
fn a_referral_and_its_kind_belong_together() {
    for one in [format!(r#""directionID":"{GUID}{GUID}""#), r#""directionType":"diagnostic""#.to_owned()] {
        let body = format!(r#"{{"timeTable":"{GUID}",{one}}}"#);
        assert_eq!(read(&body).unwrap_err(), ShapeFault::PairIncomplete, "{body}");
    }
    let both = format!(r#"{{"timeTable":"{GUID}","directionID":"{GUID}{GUID}","directionType":"duvisit"}}"#);
    assert_eq!(read(&both).unwrap().referral.unwrap().1, ReferralKind::Duvisit);
}

#[test]
fn an_address_is_kept_only_with_agreement() {
    for (agreement, kept) in [("true", true), ("false", false), ("null", false)] {
        let body = format!(r#"{{"timeTable":"{GUID}","email":"some@mail.ru","email_confirm_agree":{agreement}}}"#);
        assert_eq!(read(&body).unwrap().email.is_some(), kept, "{agreement}");
    }
}

#[test]
fn every_fault_is_named() {
    let body = r#"{"timeTable":"7","docGuid":"7","dateTime":"2026-04-14 09:20","email":"7","email_confirm_agree":"yes",
        "directionID":"7","directionType":"7","x":1,"x":2}"#;
    let expected = [
        ("timeTable", Fault::Guid),
        ("docGuid", Fault::Resource),
        ("dateTime", Fault::DateTime),
        ("email", Fault::Email),
        ("email_confirm_agree", Fault::NotATruth),
        ("directionID", Fault::ReferralId),
        ("directionType", Fault::ReferralKind),
        ("x", Fault::Repeated),
    ];
    assert_eq!(faults(body), expected.map(|(name, fault)| (name.to_owned(), fault)));
    for bad in ["2026-04-14", "2026-04-14T9:20", "2026-04-14T09:20:60", "2026-04-14T09:20Z", "2026-04-14T09:20:0"] {
        let found = faults(&format!(r#"{{"docGuid":"{GUID}","dateTime":"{bad}"}}"#));
        assert_eq!(found, [("dateTime".to_owned(), Fault::DateTime)], "{bad}");
    }
    let found = faults(r#"{"dateTime":"7"}"#);
    assert_eq!(found, [("dateTime".to_owned(), Fault::DateTime), ("docGuid".to_owned(), Fault::Empty)]);
}
