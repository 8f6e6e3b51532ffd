//! Why an event could not be answered as it should.

use std::fmt;

/// Why a hook says no without having looked. Its text holds no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The input is no object of JSON, or a field that matters stands there twice or not at all; which.
    Unreadable(&'static str),
    /// Nobody knows what the event means, or which one it is.
    UnknownEvent,
    /// The input is longer than what is looked through.
    TooLong,
    /// It took too long.
    Time,
    /// A defect.
    Panic,
    /// The hook could not be made; why.
    Setup(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(what) => write!(f, "the event could not be read: {what}"),
            Self::UnknownEvent => f.write_str(
                "the event is not one that is known; take the hook out of the agent's settings for it",
            ),
            Self::TooLong => f.write_str("the event is too long to be looked through"),
            Self::Time => f.write_str("it took too long"),
            Self::Panic => f.write_str("of an internal error"),
            Self::Setup(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}
