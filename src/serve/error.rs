//! Why stages cannot be made or run.

use std::fmt;

use crate::net::Problem;

/// A choice that cannot be, or something of the system that failed. Its text names stages, files and options, never a value.
#[derive(Debug)]
pub struct ServeError(String);

impl ServeError {
    pub(super) fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServeError {}

impl From<Problem> for ServeError {
    fn from(problem: Problem) -> Self {
        Self::new(problem)
    }
}
