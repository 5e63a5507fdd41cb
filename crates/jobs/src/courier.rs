//! Who takes letters away.

use async_trait::async_trait;

use crate::letter::Letter;

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It was taken.
    Taken(Option<String>),
    /// It will never be taken.
    Refused(Option<String>),
    /// This letter may be taken another time.
    NotNow(Option<String>),
    /// Nothing was asked about this letter: whoever takes letters cannot be reached, or does not let us in. In words
    /// without anything of the letter's.
    Closed(String),
}

/// Takes letters away. Each is given numbers of an answer, as "550 5.1.1", and never its text: that may repeat the
/// address.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Takes a letter, or says why not. Whoever calls bounds the time; a letter whose taking was cut off may have
    /// been taken.
    async fn hand(&self, letter: &Letter) -> Handed;
}
