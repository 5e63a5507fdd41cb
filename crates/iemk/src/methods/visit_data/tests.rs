//! Refusals and the rows of the catalogue.

use talon_app::Limited;
use talon_domain::{booking::ChangeRefusal, facility::LpuCode, ids::PersonId};
use talon_tokens::TokenFault;

use super::*;
use crate::{catalogue, language::Language, methods::book::too_many};

fn every_refusal() -> Vec<Refusal> {
    let lpu = LpuCode::parse("0123456").unwrap();
    let pause_end = jiff::civil::date(2026, 4, 15).at(9, 0, 0, 0);
    let occupied = Occupied { who: "Иванов И. И.".into(), at: jiff::civil::date(2026, 4, 14).at(9, 20, 0, 0) };
    vec![
        Refusal::FacilityUnknown { lpu: lpu.clone() },
        Refusal::CardNotFound { person: PersonId::from_bytes([7; 16]), lpu },
        Refusal::ReferralNotFound,
        Refusal::ReferralPairIncomplete,
        Refusal::ReferralClosed,
        Refusal::ReferralExpired { until: jiff::civil::date(2026, 4, 1) },
        Refusal::ReferralNotYetValid { from: jiff::civil::date(2026, 4, 20) },
        Refusal::ReferralUsed(occupied.clone()),
        Refusal::ReferralMismatch,
        Refusal::ChildrenFacility,
        Refusal::SelfBookingBarred,
        Refusal::DispensaryRequired,
        Refusal::SpecialtyLimit(occupied.clone()),
        Refusal::PatientOverlap(occupied),
        Refusal::AgeGroup,
        Refusal::CancelledTooOften { until: pause_end, phone: Some("+7 4822 00-00-04".into()) },
        Refusal::ResourceUnknown,
        Refusal::TimeAbsent,
        Refusal::TimePast,
        Refusal::TimeBeyondWindow,
        Refusal::TimeNotOpen,
        Refusal::TimeTaken,
        Refusal::IdempotencyMismatch,
        Refusal::HoldLimit,
        Refusal::WaitingAlready,
    ]
}

#[test]
fn every_refusal_has_a_row_and_leaves_no_placeholder_open() {
    for refusal in every_refusal() {
        let row = catalogue::find(refusal.slug());
        assert_eq!(row.reason, refusal.slug());
        for language in [Language::Russian, Language::English] {
            let message = row.message(language, &fillings(&refusal));
            assert!(!message.contains(['{', '}']), "{message}");
        }
    }
}

#[test]
fn every_fault_of_a_token_has_a_row() {
    let faults =
        [TokenFault::BearerMissing, TokenFault::TokenMalformed, TokenFault::SignatureInvalid, TokenFault::TokenExpired];
    for fault in faults {
        assert_eq!(catalogue::find(fault.slug()).reason, fault.slug());
    }
}

/// Every row is one of a rule's, a token's, or one that this façade gives by itself.
#[test]
fn every_row_is_somebodys() {
    let mut reasons: Vec<&str> = every_refusal().iter().map(Refusal::slug).collect();
    reasons.extend(["bearer-missing", "token-malformed", "signature-invalid", "token-expired"]);
    reasons.extend(["validation", "time-or-resource-empty", "client-unknown", "person-unknown", "path-unknown"]);
    reasons.extend(["method-not-allowed", "request-timeout", "body-too-large", "content-type-unsupported"]);
    reasons.extend(["too-many-requests", "internal", "unavailable"]);
    reasons.extend(["hold-not-found", "hold-expired", "hold-not-extendable", "waiting-not-found"]);
    use ChangeRefusal::{Begun, Cancelled, Done, NotFound, TooLate};
    reasons.extend([NotFound, Begun, Done, Cancelled, TooLate].map(ChangeRefusal::slug));
    for row in catalogue::rows() {
        assert!(reasons.contains(&row.reason), "{}", row.reason);
    }
    assert_eq!(reasons.len(), catalogue::rows().len());
}

#[test]
fn a_wait_is_rounded_up_to_whole_seconds() {
    let seconds = |millis| too_many(Limited { retry_after: std::time::Duration::from_millis(millis) }).retry_after;
    assert_eq!([0, 200, 1000, 1001].map(seconds), [1, 1, 1, 2].map(Some));
}
