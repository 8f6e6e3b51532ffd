//! What happens to a store, told to its observer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::StoreError;
use crate::Warning;

/// Something happened to a [`SecretStore`](super::SecretStore). Holds names and never values; so does its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A source was read, whether or not it gave something new.
    Retrieved {
        /// The source.
        source: Arc<str>,
        /// Names of what it gave and what is looked for.
        secrets: Vec<String>,
        /// Names of what it gave and what is not: see [`Uncovered`](Self::Uncovered).
        uncovered: Vec<String>,
        /// The generation in force from then on.
        generation: u64,
    },
    /// A new set is in force because a source gave something else than before. What was retired stays covered for the
    /// overlap.
    Rotated {
        /// The source.
        source: Arc<str>,
        /// Names of values that are new.
        added: Vec<String>,
        /// Names of values that are no longer given.
        retired: Vec<String>,
        /// The new generation.
        generation: u64,
    },
    /// A secret was added by hand.
    Added {
        /// Its name.
        secret: String,
        /// The new generation.
        generation: u64,
    },
    /// A source could not be read, or what it gave could not be made into a set. The old set stays in force.
    Failed {
        /// The source.
        source: Arc<str>,
        /// Why.
        error: StoreError,
        /// How many values that it gave before stay covered.
        covered: usize,
        /// Failures since it was last read.
        failures: u32,
        /// After how long it is asked again.
        retry: Duration,
    },
    /// A source was read again after it had failed.
    Recovered {
        /// The source.
        source: Arc<str>,
        /// How often it had failed.
        failures: u32,
    },
    /// The time of a value that its source no longer gives is over. It is let go once this was told.
    Expired {
        /// The source.
        source: Arc<str>,
        /// The value's name.
        secret: String,
        /// The generation that had brought it.
        since: u64,
    },
    /// A source gave a value that is too short or too common to be looked for.
    Uncovered {
        /// The source.
        source: Arc<str>,
        /// Which value, and what is wrong with it.
        warning: Warning,
    },
    /// The files of a source cannot be watched; it is asked by the clock instead.
    Unwatched {
        /// The source.
        source: Arc<str>,
        /// Why.
        error: String,
        /// How often it is asked.
        every: Duration,
    },
}

impl Event {
    /// Whether somebody should look at it: secrets may be missing, or uncovered.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Uncovered { .. } | Self::Unwatched { .. })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retrieved { source, secrets, generation, .. } => {
                let count = secrets.len();
                write!(f, "source `{source}`: {count} secrets read, generation {generation}")
            }
            Self::Rotated { source, added, retired, generation } => {
                let (new, old) = (added.join(", "), retired.join(", "));
                write!(f, "source `{source}`: new [{new}], old [{old}], generation {generation}")
            }
            Self::Added { secret, generation } => {
                write!(f, "secret `{secret}` added, generation {generation}")
            }
            Self::Failed { source, error, covered, retry, .. } => {
                // A source's own error names it already.
                if !error.is_source() {
                    write!(f, "source `{source}`: ")?;
                }
                let meanwhile = match covered {
                    0 => "going on without it",
                    _ => "what it gave before stays covered",
                };
                write!(f, "{error}; {meanwhile}, next try in {:.0} s", retry.as_secs_f64())
            }
            Self::Recovered { source, failures } => {
                write!(f, "source `{source}`: read again after {failures} failures")
            }
            Self::Expired { source, secret, since } => {
                write!(f, "source `{source}`: value of `{secret}` of generation {since} let go")
            }
            Self::Uncovered { source, warning } => write!(f, "source `{source}`: {warning}"),
            Self::Unwatched { source, error, every } => {
                let seconds = every.as_secs();
                write!(f, "source `{source}`: not watched ({error}), read every {seconds} s")
            }
        }
    }
}
