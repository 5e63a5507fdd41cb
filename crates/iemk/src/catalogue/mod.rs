//! The catalogue of refusals: HTTP status, code and texts of every reason.

mod rows;

use crate::language::Language;
use rows::ROWS;

/// Who gave a message its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The source document: sent byte for byte, in Russian whatever the caller prefers, because
    /// portals match on it.
    Document,
    /// Ours, in the language that the caller prefers.
    Own,
}

/// One reason for refusing.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Its stable name: `Reason`.
    pub reason: &'static str,
    /// HTTP status: `Code`.
    pub http: u16,
    /// `Message_code`.
    pub code: &'static str,
    /// Who gave it its text.
    pub origin: Origin,
    /// Russian text, with placeholders.
    pub russian: &'static str,
    /// English text, with the same placeholders.
    pub english: &'static str,
}

/// Every reason, in the order of the catalogue file.
#[must_use]
pub fn rows() -> &'static [Row] {
    &ROWS
}

/// The row of a reason. One that is not in the catalogue (a test rules it out) answers as an
/// internal error.
pub(crate) fn find(reason: &str) -> &'static Row {
    let named = |name: &str| ROWS.iter().find(|row| row.reason == name);
    named(reason).or_else(|| named("internal")).unwrap_or(&ROWS[0])
}

/// A placeholder's name with what stands for it.
pub(crate) type Filling = (&'static str, String);

impl Row {
    /// The message with its placeholders filled in.
    pub(crate) fn message(&self, language: Language, fillings: &[Filling]) -> String {
        let text = match (self.origin, language) {
            (Origin::Own, Language::English) => self.english,
            (Origin::Own, Language::Russian) | (Origin::Document, _) => self.russian,
        };
        fill(text, fillings)
    }
}

/// Puts fillings in the place of `{name}`. It reads the text once and never what it put in: a
/// doctor whose name contained `{guid}` would otherwise be expanded.
fn fill(text: &str, fillings: &[Filling]) -> String {
    let mut filled = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once('{') {
        filled.push_str(before);
        let named = opened.split_once('}').and_then(|(name, after)| {
            let (_, filling) = fillings.iter().find(|(wanted, _)| *wanted == name)?;
            Some((filling, after))
        });
        match named {
            Some((filling, after)) => {
                filled.push_str(filling);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = opened;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../../docs/contract/refusals.tsv");

    #[test]
    fn the_table_is_the_file_byte_for_byte() {
        let mut written = String::from("reason\thttp\tmessage_code\torigin\tmessage\tenglish\n");
        for row in rows() {
            let origin = match row.origin {
                Origin::Document => "document",
                Origin::Own => "own",
            };
            let columns = [row.reason, &row.http.to_string(), row.code, origin, row.russian, row.english];
            written.push_str(&columns.join("\t"));
            written.push('\n');
        }
        assert_eq!(written, FILE);
    }

    /// Section 2: our own codes are 46xx and 56xx; the document's family does not use that block.
    #[test]
    fn only_our_own_messages_have_codes_of_our_own() {
        for row in rows() {
            let ours = row.code.starts_with("46") || row.code.starts_with("56");
            assert!(!ours || row.origin == Origin::Own, "{}", row.reason);
            if ours && row.http != 403 {
                let base = if row.http < 500 { 4600 - 400 } else { 5600 - 500 };
                assert_eq!(row.code, (base + row.http).to_string(), "{}", row.reason);
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let fillings = [("ФИО", "{Время}{".to_owned()), ("Время", "14.04.2026 09:20".to_owned())];
        assert_eq!(fill("к {ФИО} на {Время}, {иное} {", &fillings), "к {Время}{ на 14.04.2026 09:20, {иное} {");
    }

    #[test]
    fn the_documents_messages_stay_russian() {
        assert_eq!(find("time-taken").message(Language::English, &[]), find("time-taken").russian);
        assert_eq!(find("time-past").message(Language::English, &[]), find("time-past").english);
    }

    #[test]
    fn a_reason_outside_the_catalogue_is_an_internal_error() {
        assert_eq!(find("no-such-reason").reason, "internal");
    }
}
