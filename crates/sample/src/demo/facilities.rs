//! The facilities of the made-up Светлоярская область: its centre keeps Moscow time, its east an
//! hour more.

use talon_domain::{
    facility::{Facility, Mkod, Serves},
    ids::FacilityId,
    zone::Zone,
};

use super::draw::{Draw, Topic};

/// A facility of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    City,
    Children,
    Regional,
    Dental,
    District,
    East,
}

/// How many days ahead every facility of the demo publishes.
pub(super) const SCHEDULE_DAYS: u16 = 14;

const CENTRE: &str = "Europe/Moscow";
const EAST: &str = "Europe/Samara";

struct Line {
    mkod: &'static str,
    name: &'static str,
    serves: Serves,
    zone: &'static str,
    address: &'static str,
    phone: &'static str,
}

/// In the order of [`Place`].
const LINES: [Line; 6] = [
    Line {
        mkod: "0100103",
        name: "Городская поликлиника № 3",
        serves: Serves::Adults,
        zone: CENTRE,
        address: "Светлоярская область, г. Светлоярск, ул. Лодочная, д. 12",
        phone: "+7 (000) 210-03-03",
    },
    Line {
        mkod: "0100201",
        name: "Детская городская поликлиника № 1",
        serves: Serves::Children,
        zone: CENTRE,
        address: "Светлоярская область, г. Светлоярск, Ореховый пер., д. 4",
        phone: "+7 (000) 210-20-10",
    },
    Line {
        mkod: "0100300",
        name: "Областной консультативно-диагностический центр",
        serves: Serves::All,
        zone: CENTRE,
        address: "Светлоярская область, г. Светлоярск, наб. Тихой Протоки, д. 1, корп. 2",
        phone: "+7 (000) 210-30-00",
    },
    Line {
        mkod: "0100402",
        name: "Стоматологическая поликлиника № 2",
        serves: Serves::All,
        zone: CENTRE,
        address: "Светлоярская область, г. Светлоярск, ул. Черепичная, д. 27",
        phone: "+7 (000) 210-40-02",
    },
    Line {
        mkod: "0200100",
        name: "Верхнеярская центральная районная больница",
        serves: Serves::All,
        zone: EAST,
        address: "Светлоярская область, Верхнеярский район, пос. Верхний Светлояр, ул. Земская, д. 30",
        phone: "+7 (000) 220-01-00",
    },
    Line {
        mkod: "0200102",
        name: "Городская поликлиника № 2",
        serves: Serves::Adults,
        zone: EAST,
        address: "Светлоярская область, г. Новояр, ул. Паромная, д. 8",
        phone: "+7 (000) 220-10-02",
    },
];

/// The facilities, in the order of [`Place`]; `None` if a line above were not one.
pub(super) fn facilities() -> Option<Vec<Facility>> {
    let mut draw = Draw::of(Topic::Facilities);
    let facility = |line: &Line| {
        Some(Facility {
            id: FacilityId(draw.guid()),
            mkod: Mkod::parse(line.mkod).ok()?,
            name: line.name.to_owned(),
            serves: line.serves,
            zone: Zone::parse(line.zone).ok()?,
            schedule_days: SCHEDULE_DAYS,
            address: Some(line.address.to_owned()),
            phone: Some(line.phone.to_owned()),
        })
    };
    LINES.iter().map(facility).collect()
}

impl Place {
    /// Its place in a list in the order of declaration.
    pub(super) fn index(self) -> usize {
        self as usize
    }
}
