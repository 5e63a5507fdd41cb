//! What a request for free times asks for.

use talon_app::FreeTimesRequest;
use talon_domain::{facility::LpuCode, ids::ReferralKey};

use super::{Fault, FieldFault, Parameters};

/// Reads `direction_id`, `lpu_code` and `days`.
pub(crate) fn read_free_times(mut parameters: Parameters) -> Result<FreeTimesRequest, Vec<FieldFault>> {
    let referral = parameters.required("direction_id", |text| ReferralKey::parse(text).map_err(|_| Fault::ReferralId));
    let lpu = parameters.optional("lpu_code", |text| LpuCode::parse(text).map_err(|_| Fault::LpuCode));
    let days = parameters.optional("days", days);
    parameters.finish(referral.map(|referral| FreeTimesRequest { referral, lpu, days }))
}

/// Digits alone: a sign or a blank is no number of days. More days than the caller sees are as many as that.
fn days(text: &str) -> Result<u16, Fault> {
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::DaysAhead);
    }
    text.parse().map_err(|_| Fault::DaysAhead)
}

/// A number of days has at most so many digits.
const LONGEST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<FreeTimesRequest, Vec<FieldFault>> {
        read_free_times(Parameters::of_form(query.as_bytes()))
    }

    #[test]
    fn only_the_referral_must_be_named() {
        let id = "fac00000-0000-4000-8000-0000000000014ef00000-0000-4000-8000-000000000001";
        let referral = ReferralKey::parse(id).unwrap();
        let expected = FreeTimesRequest { referral, lpu: None, days: None };
        assert_eq!(read(&format!("direction_id={id}&lpu_code=&days=")), Ok(expected.clone()));
        let asked = read(&format!("direction_id={id}&lpu_code=0123456&days=0")).unwrap();
        assert_eq!(asked, FreeTimesRequest { lpu: LpuCode::parse("0123456").ok(), days: Some(0), ..expected });
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = read("direction_id=1&lpu_code=x&days=-1").unwrap_err();
        let expected = [("direction_id", Fault::ReferralId), ("lpu_code", Fault::LpuCode), ("days", Fault::DaysAhead)];
        assert_eq!(faults, expected.map(|(name, fault)| FieldFault::new(name, fault)));
        for odd in ["%2B1", "1.5", "10000", "one", "%201"] {
            assert_eq!(
                read(&format!("days={odd}")).unwrap_err().last(),
                Some(&FieldFault::new("days", Fault::DaysAhead))
            );
        }
    }
}
