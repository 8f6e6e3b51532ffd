//! What stands in settings.

use std::fmt;

/// What stands at one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The command that would be installed.
    Installed,
    /// A hook of keepmum with another command; which.
    Other(String),
    /// The command, with something beside it that keeps the agent from running it always, or from waiting for it; what.
    Weakened(String),
    /// None of keepmum's.
    Missing,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => f.write_str("installed"),
            Self::Other(command) => write!(f, "another command: {command}"),
            Self::Weakened(what) => write!(f, "weakened by {what}; install mends it"),
            Self::Missing => f.write_str("not installed"),
        }
    }
}
