//! Why an input is not in its form.

use std::fmt;

/// An input is not what it should be, and where. Opaque; its text holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    form: &'static str,
    offset: u64,
    why: &'static str,
}

impl Malformed {
    pub(super) fn new(offset: u64, why: &'static str) -> Self {
        Self::of("JSON", offset, why)
    }

    /// The same of another form.
    pub(super) fn of(form: &'static str, offset: u64, why: &'static str) -> Self {
        Self { form, offset, why }
    }

    /// Offset of the byte at which it showed.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} at byte {}: {}", self.form, self.offset, self.why)
    }
}

impl std::error::Error for Malformed {}
