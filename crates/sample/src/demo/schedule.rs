//! The demo's cells, made of its templates.

use jiff::civil::Date;
use talon_domain::{
    facility::Facility,
    schedule::{Template, expand},
    slot::Slot,
};

use super::{
    draw::{Draw, Topic},
    facilities::SCHEDULE_DAYS,
    staff::Employed,
};
use crate::calendar::{shifted, working_day_before};

/// The templates that come in as such, and every cell of the last working day before today and from
/// today to the last day that is published. Cells of a template that comes in are the ones that
/// publishing it makes, so it finds nothing to do; those of the others stand for themselves.
pub(super) fn schedule(facilities: &[Facility], staff: &[Employed], today: Date) -> (Vec<Template>, Vec<Slot>) {
    let mut guids = Draw::of(Topic::Templates);
    let (mut kept, mut slots) = (Vec::new(), Vec::new());
    let (past, last) = (working_day_before(today), shifted(today, i32::from(SCHEDULE_DAYS)));
    for employed in staff {
        let facility = &facilities[employed.place.index()];
        let templates = employed.hours.templates(employed.resource.key, shifted(today, -60), &mut guids);
        let mut own: Vec<Slot> = Vec::new();
        for template in &templates {
            own.extend(expand(template, facility, past, past));
            own.extend(expand(template, facility, today, last));
        }
        own.sort_by_key(|slot| slot.start);
        if employed.hours.by_template() {
            kept.extend(templates);
        } else {
            own.iter_mut().for_each(|slot| slot.template = None);
        }
        slots.append(&mut own);
    }
    (kept, slots)
}
