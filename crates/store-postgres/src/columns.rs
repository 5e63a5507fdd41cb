//! How domain values stand in columns, where `tokio-postgres` does not already say.

use jiff::{Timestamp, civil::Date};
use talon_domain::slot::Ages;
use talon_store::StoreError;
use tokio_postgres::{Row, types::FromSql};
use uuid::Uuid;

use crate::failure::Result;

fn unreadable(row: &Row, column: usize, what: &str) -> StoreError {
    let name = row.columns().get(column).map_or("?", |column| column.name());
    StoreError::Damaged(format!("column {name} holds {what}"))
}

/// A value as it stands.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    // A column that does not hold what we write there was not written by us.
    Ok(row.try_get(column).map_err(|error| unreadable(row, column, &error.to_string()))?)
}

/// A whole number of a narrower type.
pub(crate) fn number<T: TryFrom<i32>>(row: &Row, column: usize) -> Result<T> {
    let stored: i32 = get(row, column)?;
    Ok(T::try_from(stored).map_err(|_| unreadable(row, column, "a number out of range"))?)
}

/// A counter, which grows without a bound of ours.
pub(crate) fn counter(row: &Row, column: usize) -> Result<u32> {
    let stored: i64 = get(row, column)?;
    Ok(u32::try_from(stored).map_err(|_| unreadable(row, column, "a number out of range"))?)
}

/// An instant of a visit: whole seconds.
pub(crate) fn seconds(row: &Row, column: usize) -> Result<Timestamp> {
    let stored = get(row, column)?;
    Ok(Timestamp::from_second(stored).map_err(|_| unreadable(row, column, "an instant out of range"))?)
}

/// An instant of an event: microseconds.
pub(crate) fn micros(row: &Row, column: usize) -> Result<Timestamp> {
    let stored = get(row, column)?;
    Ok(Timestamp::from_microsecond(stored).map_err(|_| unreadable(row, column, "an instant out of range"))?)
}

/// A day.
pub(crate) fn day(row: &Row, column: usize) -> Result<Date> {
    let text: &str = get(row, column)?;
    Ok(text.parse().map_err(|_| unreadable(row, column, "no day"))?)
}

/// A word of a fixed set.
pub(crate) fn code<T>(row: &Row, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    Ok(parse(get(row, column)?).ok_or_else(|| unreadable(row, column, "an unknown word"))?)
}

/// A word of a fixed set, or none.
pub(crate) fn optional_code<T>(row: &Row, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    match get::<Option<&str>>(row, column)? {
        None => Ok(None),
        Some(_) => code(row, column, parse).map(Some),
    }
}

/// Two columns of whole years.
pub(crate) fn ages(row: &Row, first: usize) -> Result<Ages> {
    let age = |column| -> Result<Option<u8>> {
        match get::<Option<i32>>(row, column)? {
            None => Ok(None),
            Some(_) => number(row, column).map(Some),
        }
    };
    Ok(Ages { min: age(first)?, max: age(first + 1)? })
}

/// Guids, of any of the domain's types.
macro_rules! guid {
    ($row:expr, $column:expr, $type:ident) => {
        $crate::columns::get::<uuid::Uuid>($row, $column).map($type)
    };
}
pub(crate) use guid;

/// A guid or none.
macro_rules! optional_guid {
    ($row:expr, $column:expr, $type:ident) => {
        $crate::columns::get::<Option<uuid::Uuid>>($row, $column).map(|guid| guid.map($type))
    };
}
pub(crate) use optional_guid;

/// Rows to write, column by column: the arrays that `unnest` turns back into rows.
pub(crate) fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// A column of guids.
pub(crate) fn guids<R>(rows: &[R], value: impl Fn(&R) -> Uuid) -> Vec<Uuid> {
    column(rows, value)
}
