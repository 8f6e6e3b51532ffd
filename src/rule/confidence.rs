//! How sure a rule's author is.

use std::fmt;

use serde::Deserialize;

/// How sure the author of a rule is that its matches are secrets. Not a probability: it orders labels and lets
/// profiles leave weak rules out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Confidence {
    /// The form is common; a check or a telling name makes it likely.
    Low,
    /// The form is telling but not unique.
    #[default]
    Medium,
    /// The form is the vendor's own.
    High,
}

impl Confidence {
    /// One step surer; the highest stays.
    pub(crate) fn raised(self) -> Self {
        match self {
            Confidence::Low => Confidence::Medium,
            Confidence::Medium | Confidence::High => Confidence::High,
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        })
    }
}
