//! Working hours, as the templates that write them.

use jiff::civil::{Date, Time, Weekday, time};
use talon_domain::{
    access::{Right, Rights},
    ids::{ResourceKey, TemplateId},
    schedule::{DayPart, DayRelease, Exception, Parity, Template},
    slot::Ages,
};

use super::draw::Draw;
use crate::calendar::{WEEKDAYS, holidays};

/// How a resource works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hours {
    /// From Monday to Friday, the first half of the day.
    Mornings,
    /// From Monday to Friday, the second half.
    Afternoons,
    /// Mornings, the desk's cells open to patients from the evening before; and a few hours on Saturday.
    SixDays,
    /// In the morning on odd days of the month, in the afternoon on even ones.
    OddMornings,
    /// The other way round.
    EvenMornings,
    /// A regional centre's consultations, most of them for referrals from elsewhere.
    Consultations,
    /// Examinations by referral.
    Examinations,
    /// Examinations, with an hour for children.
    ChildrenLater,
    /// Early in the morning, five at a time.
    Blood,
}

/// Open to patients themselves, and to whoever books for them.
const OPEN: Rights = Rights::of(&[Right::Internet, Right::Infomat, Right::CallCenter, Right::Registry]);
const PATIENTS: Rights = Rights::of(&[Right::Internet]);
const REFERRED: Rights = Rights::of(&[Right::Doctor]);
const REFERRED_FROM_ELSEWHERE: Rights = Rights::of(&[Right::DoctorOtherLpu]);
const DESK: Rights = Rights::of(&[Right::Registry]);

/// The most patients that one cell of the demo takes: a group at the laboratory.
pub(super) const GROUP: u16 = 5;

impl Hours {
    /// Whether the schedule came in as templates, not as cells alone.
    pub(super) fn by_template(self) -> bool {
        matches!(self, Self::OddMornings | Self::EvenMornings | Self::SixDays)
    }

    /// The templates of a resource with these hours, in force from `from`.
    pub(super) fn templates(self, resource: ResourceKey, from: Date, draw: &mut Draw) -> Vec<Template> {
        let shift = |weekdays: &[Weekday], parity, ages, parts, breaks| Template {
            resource,
            id: TemplateId(draw.guid()),
            from,
            until: None,
            weekdays: weekdays.to_vec(),
            parity,
            parts,
            breaks,
            exceptions: days_off(from),
            ages,
        };
        self.shifts(shift)
    }

    fn shifts(
        self,
        mut shift: impl FnMut(&[Weekday], Parity, Ages, Vec<DayPart>, Vec<(Time, Time)>) -> Template,
    ) -> Vec<Template> {
        use Parity::{Any, Even, Odd};
        let all = Ages::default();
        let children = Ages { min: None, max: Some(17) };
        let morning = |parity| (parity, half_day(8), vec![(time(11, 0, 0, 0), time(11, 30, 0, 0))]);
        let afternoon = |parity| (parity, half_day(14), vec![(time(17, 0, 0, 0), time(17, 30, 0, 0))]);
        let halves = match self {
            Self::Mornings => vec![morning(Any)],
            Self::SixDays => {
                let (parity, mut parts, breaks) = morning(Any);
                // What the desk has not given away by the evening before is the patients' own.
                let evening = DayRelease { days_before: 1, at: time(18, 0, 0, 0), rights: PATIENTS };
                let desk = parts.iter_mut().filter(|part| part.rights == DESK);
                desk.for_each(|part| part.release = Some(evening));
                vec![(parity, parts, breaks)]
            }
            Self::Afternoons => vec![afternoon(Any)],
            Self::OddMornings => vec![morning(Odd), afternoon(Even)],
            Self::EvenMornings => vec![morning(Even), afternoon(Odd)],
            Self::Consultations => {
                vec![(Any, consultations(), vec![(time(13, 0, 0, 0), time(14, 0, 0, 0))])]
            }
            Self::Examinations | Self::ChildrenLater => vec![(Any, examinations(), vec![])],
            Self::Blood => vec![(Any, blood(), vec![])],
        };
        let mut templates: Vec<Template> =
            halves.into_iter().map(|(parity, parts, breaks)| shift(&WEEKDAYS, parity, all, parts, breaks)).collect();
        if self == Self::SixDays {
            templates.push(shift(&[Weekday::Saturday], Any, all, vec![part((9, 0), (12, 0), 15, OPEN)], vec![]));
        }
        if self == Self::ChildrenLater {
            templates.push(shift(&WEEKDAYS, Any, children, vec![part((14, 0), (15, 0), 20, OPEN)], vec![]));
        }
        templates
    }
}

/// Six hours at a clinic from an hour on; the break after the third hour falls into the second part.
fn half_day(from: i8) -> Vec<DayPart> {
    vec![
        part((from, 0), (from + 2, 0), 15, OPEN),
        part((from + 2, 0), (from + 4, 0), 15, REFERRED),
        part((from + 4, 0), (from + 5, 0), 15, OPEN),
        part((from + 5, 0), (from + 5, 30), 15, REFERRED_FROM_ELSEWHERE),
        part((from + 5, 30), (from + 6, 0), 15, DESK),
    ]
}

fn consultations() -> Vec<DayPart> {
    let by_any_referral = Rights::of(&[Right::Doctor, Right::DoctorOtherLpu]);
    vec![
        part((9, 0), (11, 0), 20, REFERRED_FROM_ELSEWHERE),
        part((11, 0), (14, 0), 20, by_any_referral),
        part((14, 0), (16, 0), 20, OPEN),
        part((16, 0), (17, 0), 20, DESK),
    ]
}

fn examinations() -> Vec<DayPart> {
    vec![
        part((8, 0), (10, 0), 20, OPEN),
        part((10, 0), (12, 0), 20, REFERRED),
        part((12, 0), (13, 0), 20, REFERRED_FROM_ELSEWHERE),
        part((13, 0), (14, 0), 20, DESK),
    ]
}

fn blood() -> Vec<DayPart> {
    vec![DayPart { places: GROUP, ..part((7, 30), (10, 0), 10, OPEN) }]
}

fn part(from: (i8, i8), to: (i8, i8), minutes: u16, rights: Rights) -> DayPart {
    DayPart { from: time(from.0, from.1, 0, 0), to: time(to.0, to.1, 0, 0), minutes, places: 1, rights, release: None }
}

/// The public holidays of that year and the next.
fn days_off(from: Date) -> Vec<Exception> {
    let year = from.year();
    let both = holidays(year).chain(holidays(year.saturating_add(1)));
    both.map(|(from, until)| Exception { from, until, parts: vec![] }).collect()
}
