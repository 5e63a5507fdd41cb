//! Faulty fields, and the formats that several bodies share.

use jiff::civil::{Date, Time};

use crate::language::Language;

/// A request is told of at most this many faulty fields.
pub(super) const MOST_FAULTS: usize = 32;

/// A field's name is repeated to the caller up to this many characters.
const LONGEST_NAME: usize = 64;

/// A faulty field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldFault {
    /// Its name as the request spells it, cut; empty when the body or request as a whole is at fault.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) fault: Fault,
}

impl FieldFault {
    pub(crate) fn new(field: &str, fault: Fault) -> Self {
        Self { field: field.chars().take(LONGEST_NAME).collect(), fault }
    }
}

/// How the text of a field becomes its value.
pub(crate) type Reader<T> = fn(&str) -> Result<T, Fault>;

/// The faults found so far. An answer's size is bounded whatever the request: what is over the
/// bound is left out.
#[derive(Default)]
pub(crate) struct Faults(pub(crate) Vec<FieldFault>);

impl Faults {
    pub(crate) fn add(&mut self, field: &str, fault: Fault) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(FieldFault::new(field, fault));
        }
    }
}

/// The one fault of a body that is not a JSON object.
pub(crate) fn not_an_object() -> Vec<FieldFault> {
    vec![FieldFault::new("", Fault::NotAnObject)]
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What was sent is not a request in HTTP/1.1.
    NotHttp,
    /// Request line and headers are over the listener's limits.
    HeadTooLarge,
    /// The body is not one JSON object in UTF-8.
    NotAnObject,
    /// Required, and absent or null.
    Missing,
    /// Given more than once.
    Repeated,
    /// Not a string.
    NotAString,
    /// Required, and an empty string.
    Empty,
    /// Its bytes are no text.
    NotUtf8,
    /// Not the two guids of a referral.
    ReferralId,
    /// Neither a МКОД nor a guid.
    LpuCode,
    /// Not the two guids of a resource.
    ResourceId,
    /// Not a form of a ticket.
    TicketFormat,
    /// Not a paper of a ticket.
    Paper,
    /// Not a day as YYYY-MM-DD.
    Day,
    /// Not a time as HH:mm.
    Time,
    /// Not a number of days ahead.
    DaysAhead,
    /// Not one e-mail address.
    Email,
    /// Not the two guids of a hold.
    HoldId,
    /// Not the two guids of an entry.
    EntryId,
    /// Not the code of a reason to cancel.
    ReasonCode,
    /// Words of a reason whose code has none.
    ReasonUnasked,
    /// No words of a reason.
    ReasonText,
    /// Not a guid.
    Guid,
    /// Neither a resource's guid nor the two guids of one.
    Resource,
    /// Not a day and a time.
    DateTime,
    /// Neither true nor false.
    NotATruth,
    /// Not a kind of referral.
    ReferralKind,
    /// Not the two guids of a place on a waiting list.
    WaitingId,
    /// An end before its beginning.
    EndBeforeBegin,
    /// Not agreed to.
    NotAgreed,
    /// Too long a text, or one with control characters.
    Text,
    /// Not an `Idempotency-Key`.
    IdempotencyKey,
    /// Not how a referral can stand.
    Standing,
    /// Not what can become of an entry.
    EntryState,
    /// Neither a resource's guid nor its two.
    ResourceName,
    /// Not a number of days of a schedule.
    Days,
    /// Neither true nor false.
    Flag,
    /// More days than are shown at once.
    LongPeriod,
    /// A last day before the first.
    Period,
    /// Not the number of a page.
    Page,
    /// Not how many items a page can have.
    Count,
}

impl Fault {
    /// What it says to the caller. It never repeats what the caller sent.
    pub(crate) fn text(self, language: Language) -> &'static str {
        let (russian, english) = match self {
            Self::NotHttp => ("Ожидается запрос HTTP/1.1", "Expected: an HTTP/1.1 request"),
            Self::HeadTooLarge => (
                "Строка запроса и заголовки слишком длинны, или заголовков слишком много",
                "The request line and headers are too long, or the headers too many",
            ),
            Self::NotAnObject => {
                ("Тело запроса должно быть объектом JSON в кодировке UTF-8", "The body must be a JSON object in UTF-8")
            }
            Self::Missing => ("Обязательное поле", "Required"),
            Self::Repeated => ("Поле указано больше одного раза", "Given more than once"),
            Self::NotAString => ("Должно быть строкой", "Must be a string"),
            Self::Empty => ("Не должно быть пустым", "Must not be empty"),
            Self::NotUtf8 => ("Ожидается текст в кодировке UTF-8", "Expected: text in UTF-8"),
            Self::ReferralId => (
                "Ожидаются ГУИД ЛПУ и ГУИД направления, записанные подряд",
                "Expected: facility guid and referral guid, one after the other",
            ),
            Self::LpuCode => ("Ожидается МКОД или ГУИД ЛПУ", "Expected: МКОД or facility guid"),
            Self::ResourceId => (
                "Ожидаются ГУИД ЛПУ и ГУИД ресурса, записанные подряд",
                "Expected: facility guid and resource guid, one after the other",
            ),
            Self::TicketFormat => ("Ожидается html или ics", "Expected: html or ics"),
            Self::Paper => ("Ожидается a5 или 80mm", "Expected: a5 or 80mm"),
            Self::Day => ("Ожидается дата в виде ГГГГ-ММ-ДД", "Expected: a date as YYYY-MM-DD"),
            Self::Time => ("Ожидается время в виде ЧЧ:ММ", "Expected: a time as HH:mm"),
            Self::DaysAhead => ("Ожидается число дней от 0 до 9999", "Expected: a number of days from 0 to 9999"),
            Self::Email => ("Ожидается один адрес электронной почты", "Expected: one e-mail address"),
            Self::WaitingId => (
                "Ожидаются ГУИД ЛПУ и ГУИД заявки, записанные подряд",
                "Expected: facility guid and the guid of the place in line, one after the other",
            ),
            Self::EndBeforeBegin => ("Конец раньше начала", "The end is before the beginning"),
            Self::NotAgreed => ("Необходимо согласие: true", "Agreement is needed: true"),
            Self::Text => {
                ("Слишком длинный текст или недопустимые знаки", "Too long a text, or characters that it cannot have")
            }
            Self::HoldId => (
                "Ожидаются ГУИД ЛПУ и ГУИД бронирования, записанные подряд",
                "Expected: facility guid and hold guid, one after the other",
            ),
            Self::EntryId => (
                "Ожидаются ГУИД ЛПУ и ГУИД записи, записанные подряд",
                "Expected: facility guid and entry guid, one after the other",
            ),
            Self::ReasonCode => ("Ожидается целое число от 1 до 99", "Expected: a whole number from 1 to 99"),
            Self::ReasonUnasked => {
                ("Указывается только при ReasonCode, равном 6", "To be given with ReasonCode 6 only")
            }
            Self::ReasonText => (
                "Ожидается текст не длиннее 500 знаков, без переносов строк",
                "Expected: at most 500 characters, no line breaks",
            ),
            Self::Guid => ("Ожидается ГУИД", "Expected: a guid"),
            Self::Resource => (
                "Ожидается ГУИД ресурса или ГУИД ЛПУ и ГУИД ресурса, записанные подряд",
                "Expected: resource guid, or facility guid and resource guid, one after the other",
            ),
            Self::DateTime => {
                ("Ожидаются дата и время в виде ГГГГ-ММ-ДДTЧЧ:ММ", "Expected: a date and a time as YYYY-MM-DDTHH:MM")
            }
            Self::NotATruth => ("Ожидается true или false", "Expected: true or false"),
            Self::ReferralKind => {
                ("Ожидается consultation, diagnostic или duvisit", "Expected: consultation, diagnostic or duvisit")
            }
            Self::IdempotencyKey => (
                "Ожидается один заголовок, от 1 до 255 видимых знаков ASCII",
                "Expected: one header, 1 to 255 visible ASCII characters",
            ),
            Self::Standing => (
                "Ожидается available, booked, used, expired или closed",
                "Expected: available, booked, used, expired or closed",
            ),
            Self::EntryState => (
                "Ожидается booked, cancelled, missed или fulfilled",
                "Expected: booked, cancelled, missed or fulfilled",
            ),
            Self::ResourceName => (
                "Ожидается ГУИД ресурса, отдельно или после ГУИД ЛПУ",
                "Expected: resource guid, alone or after the facility guid",
            ),
            Self::Days => ("Ожидается целое число от 1 до 31", "Expected: a whole number from 1 to 31"),
            Self::Flag => ("Ожидается true или false", "Expected: true or false"),
            Self::LongPeriod => ("Не больше 31 дня", "No more than 31 days"),
            Self::Period => ("Последний день раньше первого", "The last day is before the first"),
            Self::Page => ("Ожидается целое число от 1 до 9999", "Expected: a whole number from 1 to 9999"),
            Self::Count => ("Ожидается целое число от 1 до 50", "Expected: a whole number from 1 to 50"),
        };
        match language {
            Language::Russian => russian,
            Language::English => english,
        }
    }
}

/// Reads a text of so many characters at most, none of them a control character: PostgreSQL has no text with a NUL.
pub(crate) fn bounded(text: &str, longest: usize) -> Result<String, Fault> {
    let fits = text.chars().count() <= longest && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(Fault::Text) }
}

/// Reads a whole number of at most four digits and in no other way.
pub(crate) fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits && text.len() <= 4)
}

/// Reads a day as YYYY-MM-DD and in no other way.
pub(crate) fn date(text: &str) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    let year = i16::from(two_digits(y1, y2)?) * 100 + i16::from(two_digits(y3, y4)?);
    Date::new(year, two_digits(m1, m2)?, two_digits(d1, d2)?).ok()
}

/// Reads a time as HH:mm, of 24 hours, and in no other way.
pub(crate) fn time(text: &str) -> Option<Time> {
    let [h1, h2, b':', m1, m2] = *text.as_bytes() else { return None };
    Time::new(two_digits(h1, h2)?, two_digits(m1, m2)?, 0, 0).ok()
}

fn two_digits(tens: u8, ones: u8) -> Option<i8> {
    let digit = |b: u8| b.is_ascii_digit().then(|| (b - b'0').cast_signed());
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;

    #[test]
    fn a_day_is_written_in_one_way() {
        assert_eq!(date("2026-04-14"), Some(civil::date(2026, 4, 14)));
        assert_eq!(date("2028-02-29"), Some(civil::date(2028, 2, 29)));
        for bad in [
            "",
            "2026-4-14",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "14.04.2026",
            "2026-04-14 ",
            " 2026-04-14",
            "2026-04-14T00:00",
            "20260414",
            "+026-04-14",
            "2026-04-1٤",
            "２026-04-14",
            "2026/04/14",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_is_written_in_one_way() {
        assert_eq!(time("09:20"), Some(civil::time(9, 20, 0, 0)));
        assert_eq!(time("00:00"), Some(civil::time(0, 0, 0, 0)));
        assert_eq!(time("23:59"), Some(civil::time(23, 59, 0, 0)));
        for bad in ["", "9:20", "24:00", "12:60", "09:20:00", "09.20", "09:2", " 9:20", "-1:20", "09:20 "] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_number_has_digits_and_nothing_else() {
        assert_eq!(
            [number("0"), number("7"), number("0050"), number("9999")],
            [Some(0), Some(7), Some(50), Some(9999)]
        );
        for bad in ["", "-1", "+1", " 1", "1.0", "1e1", "10000", "00001", "٤", "x"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_long_name_is_cut_by_characters() {
        let fault = FieldFault::new(&"ё".repeat(100), Fault::Repeated);
        assert_eq!(fault.field, "ё".repeat(64));
    }
}
