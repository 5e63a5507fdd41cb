//! The fields of a request for a token: birth date and policy.

use talon_store::PolicyQuery;

use super::{
    field::{Fault, FieldFault, date},
    form,
};

/// Reads `Birthday`, `s_pol` and `n_pol` from a query string or a form body; other names are
/// ignored. An empty value is an absent one, and an absent series matches any.
pub(crate) fn read_policy(text: &[u8]) -> Result<PolicyQuery, Vec<FieldFault>> {
    let pairs = form::pairs(text);
    let one = |name| {
        let mut values = pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone());
        match (values.next().filter(|value| !value.is_empty()), values.next()) {
            (_, Some(_)) => Err(FieldFault::new(name, Fault::Repeated)),
            (value, None) => Ok(value),
        }
    };
    let needed = |name| one(name)?.ok_or_else(|| FieldFault::new(name, Fault::Missing));
    let birth_date =
        needed("Birthday").and_then(|text| date(&text).ok_or_else(|| FieldFault::new("Birthday", Fault::Day)));
    match (birth_date, one("s_pol"), needed("n_pol")) {
        (Ok(birth_date), Ok(series), Ok(number)) => Ok(PolicyQuery { birth_date, series, number }),
        (birth_date, series, number) => {
            Err([birth_date.err(), series.err(), number.err()].into_iter().flatten().collect())
        }
    }
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
    }
}
