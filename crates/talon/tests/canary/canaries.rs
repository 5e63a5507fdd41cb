//! What is planted: a person's data, and what callers say of themselves. Each is so unlike anything else that to find
//! it means that it was told.

pub(crate) const FAMILY: &str = "Канарейкина";
pub(crate) const GIVEN: &str = "Кенариана";
pub(crate) const PATRONYMIC: &str = "Пернатовна";
pub(crate) const BIRTH_DATE: &str = "1931-07-29";
pub(crate) const SNILS: &str = "73190042611";

/// Policies' numbers begin so; three digits follow.
pub(crate) const POLICY: &str = "5550001112223";

/// On cards.
pub(crate) const EMAIL: &str = "kanareyka.s.kartochki@mail.ru";
pub(crate) const PHONE: &str = "79160007742";
pub(crate) const CARD: &str = "КАРТА-КЕНАРЯ";

/// On referrals.
pub(crate) const REFERRAL: &str = "НАПРАВЛЕНИЕ-КЕНАРЯ";

/// In requests.
pub(crate) const OTHER_EMAIL: &str = "kanareyka.iz.zaprosa@mail.ru";
pub(crate) const REASON: &str = "улетаю на юг к зеленушкам";

/// What callers say of themselves.
pub(crate) const AGENT: &str = "Kanareykofon/7.42";
pub(crate) const ADDRESS: &str = "203.0.113.142";

/// Wherever nothing else fits.
pub(crate) const WORD: &str = "kanareyka-gde-ugodno";

/// How every token begins that has a header in JSON.
const TOKEN: &str = "eyJhbGciOi";

/// All of them, and other ways to write them.
pub(crate) const ALL: &[&str] = &[
    FAMILY,
    GIVEN,
    PATRONYMIC,
    BIRTH_DATE,
    "29.07.1931",
    SNILS,
    "731-900-426 11",
    POLICY,
    EMAIL,
    PHONE,
    CARD,
    REFERRAL,
    OTHER_EMAIL,
    REASON,
    AGENT,
    ADDRESS,
    WORD,
    TOKEN,
];

/// Those that patients are shown: unless answers have them, a search that finds nothing says nothing.
pub(crate) const SHOWN: &[&str] = &[FAMILY, GIVEN, PATRONYMIC, BIRTH_DATE, REFERRAL];
