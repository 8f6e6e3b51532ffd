//! An error that stands for another one.

use std::error::Error;
use std::fmt;

/// Shows itself, in `Display` and in `Debug`, as the error that it stands for would if that held no secrets.
pub(super) struct RedactedError {
    pub(super) display: String,
    pub(super) debug: String,
    pub(super) cause: Option<Box<RedactedError>>,
}

impl fmt::Display for RedactedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

impl fmt::Debug for RedactedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.debug)
    }
}

impl Error for RedactedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
