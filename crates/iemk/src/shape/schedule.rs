//! Which resources and cells of a facility are asked for.

use jiff::civil::Date;
use talon_app::{CellsRequest, DoctorsRequest, MOST_DAYS};
use talon_domain::{
    facility::LpuCode,
    resource::{ResourceName, SpecialtyCode},
};

use super::{
    field::{Fault, FieldFault, date, number},
    page::page,
    parameters::Parameters,
};

/// Reads which of a facility's resources are asked for. Departments are specialties: the region file knows
/// no others.
pub(crate) fn read_doctors(mut parameters: Parameters) -> Result<DoctorsRequest, Vec<FieldFault>> {
    let lpu = parameters.required("lpuCode", lpu);
    let days = parameters
        .optional("days", |text| number(text).filter(|days| (1..=MOST_DAYS).contains(days)).ok_or(Fault::Days));
    let specialty = parameters.optional("departmentId", |text| Ok(SpecialtyCode(text.to_owned())));
    let only_scheduled = parameters.optional("haveSchedule", flag);
    let page = page(&mut parameters);
    parameters.finish(lpu.map(|lpu| DoctorsRequest {
        lpu,
        days,
        specialty,
        only_scheduled: only_scheduled.unwrap_or(false),
        page,
    }))
}

/// Reads the segments `lpu`, `resource` and `date`.
pub(crate) fn read_cells_of_a_day(mut parameters: Parameters) -> Result<CellsRequest, Vec<FieldFault>> {
    let lpu = parameters.required("lpu", lpu);
    let resource = parameters.required("resource", resource);
    let date = parameters.required("date", day);
    let read = lpu.zip(resource).zip(date);
    parameters.finish(read.map(|((lpu, resource), date)| CellsRequest { lpu, resource, from: date, to: date }))
}

/// Reads the segments `lpu`, `resource`, `from` and `to`.
pub(crate) fn read_cells_of_days(mut parameters: Parameters) -> Result<CellsRequest, Vec<FieldFault>> {
    let lpu = parameters.required("lpu", lpu);
    let resource = parameters.required("resource", resource);
    let days = parameters.required("from", day).zip(parameters.required("to", day));
    match days {
        Some((from, to)) if to < from => parameters.fault("to", Fault::Period),
        Some((from, to)) if from.duration_until(to).as_hours() >= i64::from(MOST_DAYS) * 24 => {
            parameters.fault("to", Fault::LongPeriod);
        }
        _ => {}
    }
    let read = lpu.zip(resource).zip(days);
    parameters.finish(read.map(|((lpu, resource), (from, to))| CellsRequest { lpu, resource, from, to }))
}

fn lpu(text: &str) -> Result<LpuCode, Fault> {
    LpuCode::parse(text).map_err(|_| Fault::LpuCode)
}

fn resource(text: &str) -> Result<ResourceName, Fault> {
    ResourceName::parse(text).map_err(|_| Fault::ResourceName)
}

fn day(text: &str) -> Result<Date, Fault> {
    date(text).ok_or(Fault::Day)
}

fn flag(text: &str) -> Result<bool, Fault> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Fault::Flag),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn faults<T>(read: Result<T, Vec<FieldFault>>) -> Vec<(String, Fault)> {
        read.err().into_iter().flatten().map(|fault| (fault.field, fault.fault)).collect()
    }

    #[test]
    fn a_facility_is_enough() {
        let asked = read_doctors(Parameters::of_form(b"lpuCode=0123456&days=&departmentId=&haveSchedule=")).unwrap();
        assert_eq!((asked.lpu.sent.as_str(), asked.days, asked.specialty), ("0123456", None, None));
        assert!(!asked.only_scheduled);
        let query = b"lpuCode=1&days=31&departmentId=%D0%B0&haveSchedule=true";
        let asked = read_doctors(Parameters::of_form(query)).unwrap();
        assert_eq!((asked.days, asked.specialty), (Some(31), Some(SpecialtyCode("а".into()))));
        assert!(asked.only_scheduled);
    }

    #[test]
    fn every_fault_is_told_of() {
        let told = faults(read_doctors(Parameters::of_form(b"days=0&haveSchedule=TRUE")));
        let expected = [("lpuCode", Fault::Missing), ("days", Fault::Days), ("haveSchedule", Fault::Flag)];
        assert_eq!(told, expected.map(|(name, fault)| (name.to_owned(), fault)));
        let told = faults(read_cells_of_a_day(Parameters::of_form(b"lpu=x&resource=x&date=x")));
        let expected = [("lpu", Fault::LpuCode), ("resource", Fault::ResourceName), ("date", Fault::Day)];
        assert_eq!(told, expected.map(|(name, fault)| (name.to_owned(), fault)));
    }

    #[test]
    fn days_are_counted_with_both_ends() {
        let resource = "d0c00000-0000-4000-8000-000000000001";
        let read = |from: &str, to: &str| {
            let query = format!("lpu=1&resource={resource}&from={from}&to={to}");
            read_cells_of_days(Parameters::of_form(query.as_bytes()))
        };
        let asked = read("2026-04-01", "2026-05-01").unwrap();
        assert_eq!((asked.from, asked.to), (date(2026, 4, 1), date(2026, 5, 1)));
        assert_eq!(faults(read("2026-04-01", "2026-05-02")), [("to".to_owned(), Fault::LongPeriod)]);
        assert_eq!(faults(read("2026-04-02", "2026-04-01")), [("to".to_owned(), Fault::Period)]);
        assert_eq!(faults(read("0000-01-01", "9999-12-31")), [("to".to_owned(), Fault::LongPeriod)]);
    }
}
