//! Why a set could not be made.

use std::fmt;

use crate::BuildError;
use crate::source::SourceError;

/// A source could not be read, or what it gave could not be made into a set. Opaque; its text names sources and secrets,
/// never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Source(SourceError),
    Build(BuildError),
    Thread(String),
}

impl StoreError {
    pub(super) fn thread(error: &std::io::Error) -> Self {
        Self { kind: Kind::Thread(error.to_string()) }
    }

    /// The source's own error, if it could not be read.
    pub fn as_source(&self) -> Option<&SourceError> {
        match &self.kind {
            Kind::Source(error) => Some(error),
            Kind::Build(_) | Kind::Thread(_) => None,
        }
    }

    /// Whether a source could not be read.
    pub fn is_source(&self) -> bool {
        matches!(self.kind, Kind::Source(_))
    }

    /// Whether what was read could not be made into a set, for instance because a secret is longer than the limit.
    pub fn is_build(&self) -> bool {
        matches!(self.kind, Kind::Build(_))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Source(error) => error.fmt(f),
            Kind::Build(error) => error.fmt(f),
            Kind::Thread(error) => write!(f, "no thread can be started: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<SourceError> for StoreError {
    fn from(error: SourceError) -> Self {
        Self { kind: Kind::Source(error) }
    }
}

impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self { kind: Kind::Build(error) }
    }
}
