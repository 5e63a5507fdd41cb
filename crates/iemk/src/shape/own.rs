//! What a person asks of their own referrals and entries.

use jiff::civil::Date;
use talon_app::VisitsRequest;
use talon_domain::{booking::Standing, entry::EntryState};

use super::{
    field::{Fault, FieldFault, date},
    page::page,
    parameters::Parameters,
};

/// Reads how the referrals asked for stand; `None` for all.
pub(crate) fn read_standing(mut parameters: Parameters) -> Result<Option<Standing>, Vec<FieldFault>> {
    let state = parameters.optional("state", |text| Standing::from_code(text).ok_or(Fault::Standing));
    parameters.finish(Some(state))
}

/// Reads which entries are asked for.
pub(crate) fn read_visits(mut parameters: Parameters) -> Result<VisitsRequest, Vec<FieldFault>> {
    let from = parameters.optional("from", day);
    let to = parameters.optional("to", day);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        parameters.fault("to", Fault::Period);
    }
    let state = parameters.optional("state", |text| EntryState::from_code(text).ok_or(Fault::EntryState));
    let page = page(&mut parameters);
    parameters.finish(Some(VisitsRequest { from, to, state, page }))
}

fn day(text: &str) -> Result<Date, Fault> {
    date(text).ok_or(Fault::Day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use talon_app::Page;

    use super::*;

    fn visits(query: &str) -> Result<VisitsRequest, Vec<(String, Fault)>> {
        let read = read_visits(Parameters::of_form(query.as_bytes()));
        read.map_err(|faults| faults.into_iter().map(|fault| (fault.field, fault.fault)).collect())
    }

    #[test]
    fn everything_may_be_left_out() {
        for query in ["", "from=&to=&state=&page=&count=&person=x"] {
            let asked = visits(query).unwrap();
            assert_eq!((asked.from, asked.to, asked.state), (None, None, None));
            assert_eq!(asked.page, Page { number: 1, count: 20 });
        }
        let asked = visits("from=2026-04-14&to=2026-04-14&state=missed&page=2&count=50").unwrap();
        let day = Some(date(2026, 4, 14));
        assert_eq!((asked.from, asked.to, asked.state), (day, day, Some(EntryState::Missed)));
        assert_eq!(asked.page, Page { number: 2, count: 50 });
    }

    #[test]
    fn every_fault_is_told_of() {
        let told = |query: &str| visits(query).unwrap_err();
        assert_eq!(told("from=2026-04-14&to=2026-04-13"), [("to".into(), Fault::Period)]);
        let all = told("count=51&page=0&state=Booked&to=x&from=1&from=2");
        let expected = [
            ("from", Fault::Repeated),
            ("to", Fault::Day),
            ("state", Fault::EntryState),
            ("page", Fault::Page),
            ("count", Fault::Count),
        ];
        assert_eq!(all, expected.map(|(name, fault)| (name.to_owned(), fault)));
    }
}
