//! Lines of schedules.

use jiff::civil::Time;
use talon_domain::schedule::{DayPart, DayRelease, Exception, Template};

use crate::{
    Moment, SlotLine,
    line::weekday_code,
    object::{Object, plain},
};

pub(super) fn slot(object: &mut Object<'_>, slot: &SlotLine) {
    object.plain("facility", slot.key.facility).plain("resource", slot.resource).plain("guid", slot.key.slot);
    moment(object, "start", slot.start);
    object.number("minutes", slot.minutes).number("places", slot.places).rights("rights", slot.rights);
    if let Some((at, rights)) = slot.release {
        let mut release = Object::begin(object.key("release"));
        moment(&mut release, "at", at);
        release.rights("rights", rights);
        release.end();
    }
    object.ages(slot.ages).plain_optional("template", slot.template);
    if slot.absent {
        object.literal("absent", "true");
    }
}

pub(super) fn moment(object: &mut Object<'_>, key: &str, moment: Moment) {
    match moment {
        Moment::Local(local) => object.plain(key, local.strftime("%Y-%m-%dT%H:%M")),
        Moment::Exact(instant) => object.plain(key, instant),
    };
}

pub(super) fn template(object: &mut Object<'_>, template: &Template) {
    object
        .plain("facility", template.resource.facility)
        .plain("resource", template.resource.resource)
        .plain("guid", template.id)
        .plain("from", template.from)
        .plain_optional("until", template.until)
        .list("weekdays", &template.weekdays, |out, weekday| plain(out, weekday_code(*weekday)))
        .plain("parity", template.parity.code())
        .list("parts", &template.parts, part);
    if !template.breaks.is_empty() {
        object.list("breaks", &template.breaks, |out, (from, to)| {
            let mut pause = Object::begin(out);
            hours(&mut pause, *from, *to);
            pause.end();
        });
    }
    if !template.exceptions.is_empty() {
        object.list("exceptions", &template.exceptions, exception);
    }
    object.ages(template.ages);
}

fn part(out: &mut Vec<u8>, part: &DayPart) {
    let mut object = Object::begin(out);
    hours(&mut object, part.from, part.to);
    object.number("minutes", part.minutes).number("places", part.places).rights("rights", part.rights);
    if let Some(DayRelease { days_before, at, rights }) = part.release {
        let mut release = Object::begin(object.key("release"));
        release.number("days_before", days_before).plain("at", at.strftime("%H:%M")).rights("rights", rights);
        release.end();
    }
    object.end();
}

fn hours(object: &mut Object<'_>, from: Time, to: Time) {
    object.plain("from", from.strftime("%H:%M"));
    match to == Time::midnight() {
        true => object.plain("to", "24:00"),
        false => object.plain("to", to.strftime("%H:%M")),
    };
}

fn exception(out: &mut Vec<u8>, exception: &Exception) {
    let mut object = Object::begin(out);
    object.plain("from", exception.from).plain("until", exception.until).list("parts", &exception.parts, part);
    object.end();
}
