//! Where a value belongs.

/// A column of a row.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Table and column, as `card.email`.
    pub column: &'a str,
    /// The guids of the row's key.
    pub row: [&'a [u8; 16]; 2],
}

impl Place<'_> {
    /// What the cipher binds a value to. A column's name has no zero byte, so that no two places read alike.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.column.as_bytes(), &[0], self.row[0], self.row[1]].concat()
    }
}
