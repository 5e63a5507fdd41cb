//! What the ticket says beside the facts, in Russian and English.

use jiff::civil::{Date, DateTime, Weekday};

/// The language of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Russian, the default.
    Russian,
    /// English.
    English,
}

/// The words of one language.
pub(crate) struct Words {
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) missed: &'static str,
    pub(crate) fulfilled: &'static str,
    pub(crate) when: &'static str,
    pub(crate) local_time: &'static str,
    pub(crate) place: &'static str,
    pub(crate) address: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) room: &'static str,
    pub(crate) doctor: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) specialty: &'static str,
    pub(crate) referral: &'static str,
    pub(crate) bring: &'static str,
    pub(crate) bring_referral: &'static str,
    pub(crate) change: &'static str,
    pub(crate) by_phone: &'static str,
    pub(crate) made: &'static str,
    pub(crate) code_title: &'static str,
    pub(crate) visit: &'static str,
    pub(crate) reminder: &'static str,
}

static RUSSIAN: Words = Words {
    code: "ru",
    title: "Талон на приём",
    cancelled: "Запись отменена",
    missed: "Приём пропущен",
    fulfilled: "Приём состоялся",
    when: "Когда",
    local_time: "время местное",
    place: "Где",
    address: "Адрес",
    phone: "Телефон регистратуры",
    room: "Кабинет",
    doctor: "Врач",
    resource: "К кому",
    specialty: "Специальность",
    referral: "Направление",
    bring: "Возьмите с собой паспорт (для детей — свидетельство о рождении), полис ОМС и СНИЛС.",
    bring_referral: "Возьмите направление, если оно выдано на бумаге.",
    change: "Перенести или отменить запись можно там, где вы записались",
    by_phone: "или по телефону",
    made: "Талон сформирован",
    code_title: "Код талона",
    visit: "Приём",
    reminder: "Напоминание о приёме",
};

static ENGLISH: Words = Words {
    code: "en",
    title: "Appointment ticket",
    cancelled: "The appointment is cancelled",
    missed: "The visit was missed",
    fulfilled: "The visit took place",
    when: "When",
    local_time: "local time",
    place: "Where",
    address: "Address",
    phone: "Registry phone",
    room: "Room",
    doctor: "Doctor",
    resource: "With",
    specialty: "Specialty",
    referral: "Referral",
    bring: "Bring your passport (for children a birth certificate), insurance policy and SNILS.",
    bring_referral: "Bring the referral if you have it on paper.",
    change: "You can move or cancel the appointment where you booked it",
    by_phone: "or by phone at",
    made: "Ticket issued",
    code_title: "Ticket code",
    visit: "Visit",
    reminder: "Reminder of a visit",
};

impl Language {
    /// The language of a code, "ru" or "en".
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Russian, Self::English].into_iter().find(|language| language.code() == code)
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.words().code
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::Russian => &RUSSIAN,
            Self::English => &ENGLISH,
        }
    }

    /// "вторник, 14 апреля 2026 года".
    #[must_use]
    pub fn long_day(self, day: Date) -> String {
        let (weekday, month) = (self.weekday(day.weekday()), self.month(day.month()));
        match self {
            Self::Russian => format!("{weekday}, {} {month} {} года", day.day(), day.year()),
            Self::English => format!("{weekday}, {} {month} {}", day.day(), day.year()),
        }
    }

    fn weekday(self, weekday: Weekday) -> &'static str {
        let (russian, english) = match weekday {
            Weekday::Monday => ("понедельник", "Monday"),
            Weekday::Tuesday => ("вторник", "Tuesday"),
            Weekday::Wednesday => ("среда", "Wednesday"),
            Weekday::Thursday => ("четверг", "Thursday"),
            Weekday::Friday => ("пятница", "Friday"),
            Weekday::Saturday => ("суббота", "Saturday"),
            Weekday::Sunday => ("воскресенье", "Sunday"),
        };
        if self == Self::Russian { russian } else { english }
    }

    fn month(self, month: i8) -> &'static str {
        let (russian, english) = match month {
            1 => ("января", "January"),
            2 => ("февраля", "February"),
            3 => ("марта", "March"),
            4 => ("апреля", "April"),
            5 => ("мая", "May"),
            6 => ("июня", "June"),
            7 => ("июля", "July"),
            8 => ("августа", "August"),
            9 => ("сентября", "September"),
            10 => ("октября", "October"),
            11 => ("ноября", "November"),
            _ => ("декабря", "December"),
        };
        if self == Self::Russian { russian } else { english }
    }
}

/// "14.04.2026 09:20".
pub(crate) fn short(at: DateTime) -> String {
    format!("{:02}.{:02}.{:04} {}", at.day(), at.month(), at.year(), minute(at))
}

/// "09:20".
#[must_use]
pub fn minute(at: DateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}
