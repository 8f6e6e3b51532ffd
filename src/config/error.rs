//! Why a configuration is not in force.

use std::fmt;

use crate::BuildError;
use crate::source::SourceError;
use crate::store::StoreError;

/// A configuration was refused, or what it names cannot be had. Opaque; its text names the file, the line or the rule, and
/// never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refused,
    Source,
    Environment,
    Untrusted,
}

impl ConfigError {
    /// What stands at `place` is refused.
    pub(super) fn at(place: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::refused(format_args!("{place}: {why}"))
    }

    pub(super) fn refused(why: impl fmt::Display) -> Self {
        Self { kind: Kind::Refused, message: why.to_string() }
    }

    pub(super) fn environment(error: &SourceError) -> Self {
        Self { kind: Kind::Environment, message: error.to_string() }
    }

    pub(super) fn untrusted(place: impl fmt::Display, source: &str) -> Self {
        let message = format!("{place}: source `{source}` runs a program or asks a server");
        Self { kind: Kind::Untrusted, message }
    }

    /// Whether a source of secrets could not be read, so that asking again later can help.
    pub fn is_source(&self) -> bool {
        self.kind == Kind::Source
    }

    /// Whether the environment of this process was not named, or has no source.
    pub fn is_environment(&self) -> bool {
        self.kind == Kind::Environment
    }

    /// Whether the file asks for what only a file may that somebody named: see [`Config::found`](super::Config::found).
    pub fn is_untrusted(&self) -> bool {
        self.kind == Kind::Untrusted
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

impl From<BuildError> for ConfigError {
    fn from(error: BuildError) -> Self {
        Self::refused(error)
    }
}

impl From<SourceError> for ConfigError {
    fn from(error: SourceError) -> Self {
        Self { kind: Kind::Source, message: error.to_string() }
    }
}

impl From<StoreError> for ConfigError {
    fn from(error: StoreError) -> Self {
        let kind = if error.is_source() { Kind::Source } else { Kind::Refused };
        Self { kind, message: error.to_string() }
    }
}
