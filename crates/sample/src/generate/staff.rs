//! Resources of a generated region.

use talon_domain::{
    facility::Serves,
    person::Sex,
    resource::{Resource, ResourceKind},
    slot::Ages,
};

use super::{
    mix::{Topic, number},
    plan::{Plan, Seat},
};
use crate::{
    names::made_up,
    specialties::{self as sp},
};

/// What a facility has, over and over again, the commonest first. Ten is the least that it has.
const FOR_ADULTS: [&str; 12] = [
    sp::THERAPY,
    sp::SURGERY,
    sp::OPHTHALMOLOGY,
    sp::NEUROLOGY,
    sp::ULTRASOUND,
    sp::CARDIOLOGY,
    sp::ENT,
    sp::LABORATORY,
    sp::ENDOCRINOLOGY,
    sp::RADIOLOGY,
    sp::GYNAECOLOGY,
    sp::UROLOGY,
];
const FOR_CHILDREN: [&str; 10] = [
    sp::PAEDIATRICS,
    sp::SURGERY,
    sp::OPHTHALMOLOGY,
    sp::NEUROLOGY,
    sp::ULTRASOUND,
    sp::ENT,
    sp::LABORATORY,
    sp::CARDIOLOGY,
    sp::RADIOLOGY,
    sp::DERMATOLOGY,
];
const FOR_ALL: [&str; 12] = [
    sp::THERAPY,
    sp::PAEDIATRICS,
    sp::SURGERY,
    sp::OPHTHALMOLOGY,
    sp::ULTRASOUND,
    sp::NEUROLOGY,
    sp::LABORATORY,
    sp::ENT,
    sp::DENTISTRY,
    sp::RADIOLOGY,
    sp::GYNAECOLOGY,
    sp::DERMATOLOGY,
];

/// The specialty of a facility's n-th resource.
pub(super) fn specialty(serves: Serves, resource: u64) -> &'static str {
    let list: &[&str] = match serves {
        Serves::Adults => &FOR_ADULTS,
        Serves::Children => &FOR_CHILDREN,
        Serves::All => &FOR_ALL,
    };
    let turn = usize::try_from(resource).unwrap_or(0) % list.len();
    list[turn]
}

/// The specialty that anybody of an age can be sent to; every facility of its kind has it.
pub(super) fn first_line(serves: Serves, child: bool) -> &'static str {
    match (serves, child) {
        (Serves::Children, _) | (Serves::All, true) => sp::PAEDIATRICS,
        (Serves::Adults, _) | (Serves::All, false) => sp::THERAPY,
    }
}

/// What kind of resource offers a specialty.
pub(super) fn kind(specialty: &str) -> ResourceKind {
    match specialty {
        sp::ULTRASOUND | sp::RADIOLOGY => ResourceKind::Equipment,
        sp::LABORATORY => ResourceKind::Room,
        _ => ResourceKind::Doctor,
    }
}

/// How many patients a cell takes.
pub(super) fn places(specialty: &str) -> u16 {
    if kind(specialty) == ResourceKind::Room { 5 } else { 1 }
}

/// The resource itself.
pub(super) fn resource(plan: &Plan, seat: Seat) -> Resource {
    let specialty = specialty(plan.facilities[seat.facility].serves, seat.resource);
    let serial = seat.resource + 1;
    let name = match specialty {
        sp::ULTRASOUND => format!("УЗИ, аппарат № {serial}"),
        sp::RADIOLOGY => format!("Рентгеновский аппарат № {serial}"),
        sp::LABORATORY => format!("Забор крови, кабинет {}", 100 + serial),
        _ => {
            let bits = number(plan.options.seed, Topic::ResourceName, seat.overall);
            let sex = if bits >> 62 == 0 { Sex::Male } else { Sex::Female };
            made_up(bits, sex, 1980).in_full()
        }
    };
    let ages = match specialty {
        sp::PAEDIATRICS => Ages { min: None, max: Some(17) },
        sp::THERAPY => Ages { min: Some(18), max: None },
        _ => Ages::default(),
    };
    Resource {
        key: plan.key(seat),
        kind: kind(specialty),
        name,
        specialty: sp::code(specialty),
        room: Some((100 + serial).to_string()),
        ages,
    }
}
