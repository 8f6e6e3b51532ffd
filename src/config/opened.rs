//! A source that was opened.

use std::fmt;

use super::ConfigError;
use crate::source::{Declared, Source};
use crate::store::{Policy, StoreBuilder};

/// A source of a [`Config`](super::Config), opened and not yet read.
#[non_exhaustive]
pub struct Opened {
    /// How it was declared.
    pub declared: Declared,
    /// What reads it.
    pub source: Box<dyn Source>,
    written: Written,
}

/// Where a source is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// By a key of its own, such as `env-file`: meant to be read at the start.
    AsKey,
    /// By a `[[source]]` entry.
    AsEntry,
}

impl Opened {
    pub(super) fn once(declared: Declared) -> Result<Self, ConfigError> {
        Self::new(declared, Written::AsKey)
    }

    pub(super) fn again(declared: Declared) -> Result<Self, ConfigError> {
        Self::new(declared, Written::AsEntry)
    }

    fn new(declared: Declared, written: Written) -> Result<Self, ConfigError> {
        let source = declared.open()?;
        Ok(Self { declared, source, written })
    }

    /// Whether it is meant to hold something else later. The environment of a process stays as it is.
    pub fn can_rotate(&self) -> bool {
        self.written == Written::AsEntry && self.declared.kind() != "environment"
    }

    /// Has a store keep it, as it was declared.
    #[must_use]
    pub fn kept_by(self, store: StoreBuilder) -> StoreBuilder {
        let policy = self.policy();
        store.source(self.source, policy)
    }

    fn policy(&self) -> Policy {
        let policy = Policy::new();
        let policy = if self.declared.is_optional() { policy.optional() } else { policy };
        let policy = self.declared.refresh().into_iter().fold(policy, Policy::refresh);
        self.declared.overlap().into_iter().fold(policy, Policy::overlap)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("declared", &self.declared).finish_non_exhaustive()
    }
}
