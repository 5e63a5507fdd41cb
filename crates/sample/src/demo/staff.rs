//! Doctors, rooms and equipment of the demo.

use talon_domain::{
    facility::Facility,
    ids::{ResourceId, ResourceKey},
    resource::{Resource, ResourceKind},
    slot::Ages,
};

use super::{
    draw::{Draw, Topic},
    facilities::Place,
    shifts::Hours,
};
use crate::specialties::{self as sp};

const DOCTOR: ResourceKind = ResourceKind::Doctor;
const ROOM: ResourceKind = ResourceKind::Room;
const EQUIPMENT: ResourceKind = ResourceKind::Equipment;

const ANY: Ages = Ages { min: None, max: None };
const ADULTS: Ages = Ages { min: Some(18), max: None };
const CHILDREN: Ages = Ages { min: None, max: Some(17) };
const FROM_SEVEN: Ages = Ages { min: Some(7), max: None };

type Line = (Place, ResourceKind, &'static str, &'static str, &'static str, Ages, Hours);

/// Facility, kind, name, specialty, room, ages, hours.
#[rustfmt::skip]
const LINES: [Line; 35] = [
    (Place::City, DOCTOR, "Лебедева Марина Викторовна", sp::THERAPY, "201", ANY, Hours::OddMornings),
    (Place::City, DOCTOR, "Гарифуллин Ильдар Рашидович", sp::THERAPY, "203", ANY, Hours::EvenMornings),
    (Place::City, DOCTOR, "Бондаренко Олег Николаевич", sp::SURGERY, "115", ANY, Hours::Mornings),
    (Place::City, DOCTOR, "Саркисян Карен Гагикович", sp::OPHTHALMOLOGY, "310", ANY, Hours::Mornings),
    (Place::City, DOCTOR, "Раевская Елена Андреевна", sp::NEUROLOGY, "305", ANY, Hours::Afternoons),
    (Place::City, DOCTOR, "Журавлёв Константин Борисович", sp::CARDIOLOGY, "307", ANY, Hours::Mornings),
    (Place::City, DOCTOR, "Нуриева Алсу Маратовна", sp::ENDOCRINOLOGY, "309", ANY, Hours::Afternoons),
    (Place::City, EQUIPMENT, "УЗИ, аппарат № 1", sp::ULTRASOUND, "118", ANY, Hours::Examinations),
    (Place::City, EQUIPMENT, "Рентгеновский аппарат", sp::RADIOLOGY, "101", ANY, Hours::Examinations),
    (Place::City, ROOM, "Процедурный кабинет, забор крови", sp::LABORATORY, "110", ANY, Hours::Blood),
    (Place::Children, DOCTOR, "Цветкова Ольга Дмитриевна", sp::PAEDIATRICS, "12", CHILDREN, Hours::OddMornings),
    (Place::Children, DOCTOR, "Ковальчук Ирина Степановна", sp::PAEDIATRICS, "14", CHILDREN, Hours::EvenMornings),
    (Place::Children, DOCTOR, "Крылов Денис Анатольевич", sp::SURGERY, "21", CHILDREN, Hours::Mornings),
    (Place::Children, DOCTOR, "Данилова Светлана Юрьевна", sp::OPHTHALMOLOGY, "23", CHILDREN, Hours::Afternoons),
    (Place::Children, DOCTOR, "Хайруллина Гузель Наилевна", sp::ENT, "24", CHILDREN, Hours::Mornings),
    (Place::Children, ROOM, "Процедурный кабинет, забор крови", sp::LABORATORY, "5", CHILDREN, Hours::Blood),
    (Place::Regional, DOCTOR, "Вишневский Андрей Павлович", sp::CARDIOLOGY, "401", ADULTS, Hours::Consultations),
    (Place::Regional, DOCTOR, "Оганесян Нарине Суреновна", sp::NEUROLOGY, "405", ANY, Hours::Consultations),
    (Place::Regional, DOCTOR, "Савицкая Татьяна Леонидовна", sp::ENDOCRINOLOGY, "407", ANY, Hours::Consultations),
    (Place::Regional, DOCTOR, "Шмидт Роман Викторович", sp::UROLOGY, "410", ADULTS, Hours::Consultations),
    (Place::Regional, EQUIPMENT, "УЗИ экспертного класса", sp::ULTRASOUND, "215", ANY, Hours::Examinations),
    (Place::Regional, EQUIPMENT, "Компьютерный томограф", sp::RADIOLOGY, "103", FROM_SEVEN, Hours::Examinations),
    (Place::Dental, DOCTOR, "Мартиросян Армен Левонович", sp::DENTISTRY, "7", ADULTS, Hours::OddMornings),
    (Place::Dental, DOCTOR, "Белоусова Анна Игоревна", sp::DENTISTRY, "9", CHILDREN, Hours::Mornings),
    (Place::Dental, DOCTOR, "Кравченко Юлия", sp::DENTISTRY, "11", ANY, Hours::Afternoons),
    (Place::District, DOCTOR, "Тарасова Наталья Геннадьевна", sp::THERAPY, "1", ADULTS, Hours::SixDays),
    (Place::District, DOCTOR, "Мустафина Эльвира Ринатовна", sp::PAEDIATRICS, "3", CHILDREN, Hours::Mornings),
    (Place::District, DOCTOR, "Голубев Станислав Ильич", sp::SURGERY, "6", ANY, Hours::EvenMornings),
    (Place::District, DOCTOR, "Щербакова Ксения Олеговна", sp::GYNAECOLOGY, "8", ANY, Hours::Mornings),
    (Place::District, EQUIPMENT, "УЗИ", sp::ULTRASOUND, "10", ANY, Hours::ChildrenLater),
    (Place::District, ROOM, "Лаборатория, забор крови", sp::LABORATORY, "2", ANY, Hours::Blood),
    (Place::East, DOCTOR, "Семёнова-Куликова Яна Михайловна", sp::THERAPY, "102", ANY, Hours::Mornings),
    (Place::East, DOCTOR, "Фаттахов Рустам Камилевич", sp::OPHTHALMOLOGY, "204", ANY, Hours::Afternoons),
    (Place::East, DOCTOR, "Черных Екатерина Фёдоровна", sp::ENT, "206", ANY, Hours::Mornings),
    (Place::East, DOCTOR, "Поляков Антон Евгеньевич", sp::DERMATOLOGY, "208", ANY, Hours::Mornings),
];

/// A resource, and when it works.
pub(super) struct Employed {
    pub(super) place: Place,
    pub(super) resource: Resource,
    pub(super) hours: Hours,
}

/// Everybody and everything that can be booked.
pub(super) fn staff(facilities: &[Facility]) -> Vec<Employed> {
    let mut draw = Draw::of(Topic::Staff);
    let employed = |(place, kind, name, specialty, room, ages, hours): &Line| Employed {
        place: *place,
        resource: Resource {
            key: ResourceKey { facility: facilities[place.index()].id, resource: ResourceId(draw.guid()) },
            kind: *kind,
            name: (*name).to_owned(),
            specialty: sp::code(specialty),
            room: Some((*room).to_owned()),
            ages: *ages,
        },
        hours: *hours,
    };
    LINES.iter().map(employed).collect()
}
