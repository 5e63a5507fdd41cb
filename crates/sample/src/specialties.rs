//! The specialties of a made-up region.

use talon_domain::resource::{Specialty, SpecialtyCode};

/// Code, name and ticket letter. No two letters are alike, so a ticket is known by its sound.
const LIST: [(&str, &str, &str); 15] = [
    (THERAPY, "Терапевт", "Т"),
    (PAEDIATRICS, "Педиатр", "П"),
    (SURGERY, "Хирург", "Х"),
    (OPHTHALMOLOGY, "Офтальмолог", "О"),
    (NEUROLOGY, "Невролог", "Н"),
    (CARDIOLOGY, "Кардиолог", "К"),
    (ENT, "Оториноларинголог", "Л"),
    (ENDOCRINOLOGY, "Эндокринолог", "Э"),
    (DERMATOLOGY, "Дерматовенеролог", "Д"),
    (GYNAECOLOGY, "Акушер-гинеколог", "Г"),
    (DENTISTRY, "Стоматолог", "С"),
    (UROLOGY, "Уролог", "У"),
    (ULTRASOUND, "Ультразвуковая диагностика", "УЗ"),
    (RADIOLOGY, "Рентгенология", "Р"),
    (LABORATORY, "Лабораторная диагностика", "А"),
];

pub(crate) const THERAPY: &str = "101";
pub(crate) const PAEDIATRICS: &str = "102";
pub(crate) const SURGERY: &str = "103";
pub(crate) const OPHTHALMOLOGY: &str = "104";
pub(crate) const NEUROLOGY: &str = "105";
pub(crate) const CARDIOLOGY: &str = "106";
pub(crate) const ENT: &str = "107";
pub(crate) const ENDOCRINOLOGY: &str = "108";
pub(crate) const DERMATOLOGY: &str = "109";
pub(crate) const GYNAECOLOGY: &str = "110";
pub(crate) const DENTISTRY: &str = "111";
pub(crate) const UROLOGY: &str = "112";
pub(crate) const ULTRASOUND: &str = "201";
pub(crate) const RADIOLOGY: &str = "202";
pub(crate) const LABORATORY: &str = "203";

/// Every specialty.
pub(crate) fn all() -> impl Iterator<Item = Specialty> {
    LIST.iter().map(|(code, name, letter)| Specialty {
        code: self::code(code),
        name: (*name).to_owned(),
        letter: (*letter).to_owned(),
    })
}

/// A code of the list above as the domain's type.
pub(crate) fn code(code: &str) -> SpecialtyCode {
    SpecialtyCode(code.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_and_letters_are_distinct() {
        let codes: HashSet<_> = all().map(|specialty| specialty.code).collect();
        let letters: HashSet<_> = all().map(|specialty| specialty.letter).collect();
        assert_eq!((codes.len(), letters.len()), (LIST.len(), LIST.len()));
        assert!(letters.iter().all(|letter| letter.chars().all(|c| ('А'..='Я').contains(&c))));
    }
}
