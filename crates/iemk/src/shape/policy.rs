//! The fields of a request for a token: birth date and policy.

use talon_store::PolicyQuery;

use super::{
    field::{Fault, FieldFault, bounded, date},
    parameters::Parameters,
};

/// Longest series or number accepted, in characters.
const LONGEST: usize = 100;

/// Reads `Birthday`, `s_pol` and `n_pol` from a query string or a form body; other names are
/// ignored. An absent series matches any.
pub(crate) fn read_policy(text: &[u8]) -> Result<PolicyQuery, Vec<FieldFault>> {
    let mut parameters = Parameters::of_form(text);
    let birth_date = parameters.required("Birthday", |text| date(text).ok_or(Fault::Day));
    let series = parameters.optional("s_pol", |text| bounded(text, LONGEST));
    let number = parameters.required("n_pol", |text| bounded(text, LONGEST));
    let read = birth_date.zip(number);
    parameters.finish(read.map(|(birth_date, number)| PolicyQuery { birth_date, series, number }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_optional() {
        for text in ["Birthday=1988-03-01&n_pol=77", "Birthday=1988-03-01&s_pol=&n_pol=77&other=1"] {
            let query = read_policy(text.as_bytes()).ok().unwrap();
            assert_eq!(
                (query.birth_date, query.series, query.number),
                (jiff::civil::date(1988, 3, 1), None, "77".into())
            );
        }
        let query = read_policy("n_pol=77&s_pol=АБ&Birthday=1988-03-01".as_bytes()).ok().unwrap();
        assert_eq!(query.series.as_deref(), Some("АБ"));
    }

    #[test]
    fn every_faulty_field_is_told_of() {
        let faults = |text: &str| read_policy(text.as_bytes()).err().unwrap();
        let expected = [("Birthday", Fault::Missing), ("n_pol", Fault::Missing)];
        assert_eq!(faults(""), expected.map(|(name, fault)| FieldFault::new(name, fault)));
        let expected = [("Birthday", Fault::Day), ("s_pol", Fault::Repeated), ("n_pol", Fault::Missing)];
        assert_eq!(
            faults("Birthday=01.03.1988&s_pol=1&s_pol=&n_pol="),
            expected.map(|(name, fault)| FieldFault::new(name, fault))
        );
        let expected = [("s_pol", Fault::Text), ("n_pol", Fault::Text)];
        assert_eq!(
            faults(&format!("Birthday=1988-03-01&s_pol=%00&n_pol={}", "7".repeat(LONGEST + 1))),
            expected.map(|(name, fault)| FieldFault::new(name, fault))
        );
    }
}
