//! Why an input is no JSON.

use std::fmt;

/// An input is not what it should be, and where. Opaque; its text holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    offset: u64,
    why: &'static str,
}

impl Malformed {
    pub(super) fn new(offset: u64, why: &'static str) -> Self {
        Self { offset, why }
    }

    /// Offset of the byte at which it showed.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no JSON at byte {}: {}", self.offset, self.why)
    }
}

impl std::error::Error for Malformed {}
