//! Lists in pages.

/// Which page of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its number, from 1.
    pub number: u16,
    /// How many items a page has.
    pub count: u16,
}

impl Page {
    /// How many items come before it.
    #[must_use]
    pub fn skip(self) -> usize {
        usize::from(self.number.saturating_sub(1)) * usize::from(self.count)
    }

    /// The items that are on it.
    #[must_use]
    pub fn of<T>(self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.skip()).take(usize::from(self.count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_and_the_last_may_be_short() {
        let page = |number| Page { number, count: 2 }.of(vec!['a', 'b', 'c']);
        assert_eq!((page(1), page(2), page(3)), (vec!['a', 'b'], vec!['c'], vec![]));
    }
}
