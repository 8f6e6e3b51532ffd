//! Why a source gave nothing.

use std::fmt;
use std::io;
use std::path::Path;

/// A source could not be read. Opaque; its text names the source and the place, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    kind: Kind,
    source: String,
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unavailable,
    Denied,
    Missing,
    Malformed,
}

impl SourceError {
    /// It cannot be reached now: asking again can help.
    pub fn unavailable(source: &str, why: impl fmt::Display) -> Self {
        Self::new(Kind::Unavailable, source, why)
    }

    /// It refuses: rights or credentials are missing.
    pub fn denied(source: &str, why: impl fmt::Display) -> Self {
        Self::new(Kind::Denied, source, why)
    }

    /// What was asked for is not there.
    pub fn missing(source: &str, why: impl fmt::Display) -> Self {
        Self::new(Kind::Missing, source, why)
    }

    /// What is there cannot be read as it was declared. `why` must not quote it.
    pub fn malformed(source: &str, why: impl fmt::Display) -> Self {
        Self::new(Kind::Malformed, source, why)
    }

    /// What stands at `path` cannot be read.
    pub(super) fn io(source: &str, path: &Path, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => Kind::Missing,
            io::ErrorKind::PermissionDenied => Kind::Denied,
            io::ErrorKind::FileTooLarge => Kind::Malformed,
            _ => Kind::Unavailable,
        };
        Self::new(kind, source, format_args!("{}: {error}", path.display()))
    }

    fn new(kind: Kind, source: &str, why: impl fmt::Display) -> Self {
        Self { kind, source: source.to_owned(), why: why.to_string() }
    }

    /// Whether it could not be reached.
    pub fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }

    /// Whether it refused.
    pub fn is_denied(&self) -> bool {
        self.kind == Kind::Denied
    }

    /// Whether what was asked for is not there.
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// Whether what is there is something else than was declared.
    pub fn is_malformed(&self) -> bool {
        self.kind == Kind::Malformed
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A source that is called as its place is.
        let place = self.why.strip_prefix(&self.source);
        if place.is_some_and(|rest| rest.starts_with(':')) {
            return f.write_str(&self.why);
        }
        write!(f, "source `{}`: {}", self.source, self.why)
    }
}

impl std::error::Error for SourceError {}
