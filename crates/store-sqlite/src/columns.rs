//! How domain values stand in columns, where `rusqlite` does not already say.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Row, types::Type};
use talon_domain::slot::Ages;

type Result<T> = rusqlite::Result<T>;

/// A column that does not hold what is written there.
pub(crate) fn unreadable(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, what.into())
}

/// An instant of a visit: whole seconds.
pub(crate) fn seconds(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Timestamp::from_second(row.get(column)?).map_err(|_| unreadable(column, "an instant out of range"))
}

/// An instant of an event: microseconds.
pub(crate) fn micros(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|_| unreadable(column, "an instant out of range"))
}

/// A day.
pub(crate) fn day(row: &Row<'_>, column: usize) -> Result<Date> {
    let text = row.get_ref(column)?.as_str().map_err(|_| unreadable(column, "a day"))?;
    text.parse().map_err(|_| unreadable(column, "a day"))
}

/// A word of a fixed set.
pub(crate) fn code<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|_| unreadable(column, "a word"))?;
    parse(text).ok_or_else(|| unreadable(column, "an unknown word"))
}

/// A word of a fixed set, or none.
pub(crate) fn optional_code<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => code(row, column, parse).map(Some),
    }
}

/// Two columns of whole years.
pub(crate) fn ages(row: &Row<'_>, first: usize) -> Result<Ages> {
    Ok(Ages { min: row.get(first)?, max: row.get(first + 1)? })
}

/// Guids, of any of the domain's types.
macro_rules! guid {
    ($row:expr, $column:expr, $type:ident) => {
        $row.get::<_, [u8; 16]>($column).map($type::from_bytes)
    };
}
pub(crate) use guid;

/// A guid or none.
macro_rules! optional_guid {
    ($row:expr, $column:expr, $type:ident) => {
        $row.get::<_, Option<[u8; 16]>>($column).map(|bytes| bytes.map($type::from_bytes))
    };
}
pub(crate) use optional_guid;
