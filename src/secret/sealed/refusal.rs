//! What is not sealed, and why.

use std::fmt;

/// A secret, or parts of one, that did not become part of a sealed set: whoever has the set and its key could find it by
/// trying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    name: String,
    what: What,
}

/// What is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Value(&'static str),
    /// So many of its lines or leaves; the others are sealed.
    Parts(usize),
}

impl Refusal {
    pub(super) fn new(name: &str, what: What) -> Self {
        Self { name: name.to_owned(), what }
    }

    /// The secret's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether nothing of the secret was sealed. Otherwise some of its lines, or of its leaves if it is a document, are
    /// not found where they stand alone.
    pub fn is_whole(&self) -> bool {
        matches!(self.what, What::Value(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Value(why) => write!(f, "secret `{}` is not sealed: {why}", self.name),
            What::Parts(1) => write!(
                f,
                "secret `{}`: a line or leaf of it is too easy to guess and is not found alone",
                self.name
            ),
            What::Parts(count) => write!(
                f,
                "secret `{}`: {count} lines or leaves of it are too easy to guess and are not found alone",
                self.name
            ),
        }
    }
}
