//! Why a gateway cannot be made or run.

use std::fmt;

use crate::net::Problem;

/// A choice that cannot be, or something of the system that failed. Its text names routes, files and options, never a value.
#[derive(Debug)]
pub struct ProxyError(String);

impl ProxyError {
    pub(super) fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProxyError {}

impl From<Problem> for ProxyError {
    fn from(problem: Problem) -> Self {
        Self::new(problem)
    }
}
