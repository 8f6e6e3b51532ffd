//! What was done to a reply, told without a secret.

use std::collections::BTreeMap;

/// What was restored in a reply, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreReport {
    /// How many references became values, by the secret's name.
    pub restored: BTreeMap<String, u64>,
    /// How many calls with references of known secrets were left as they were, and why.
    pub refused: BTreeMap<Unrestored, u64>,
    /// References in calls that stand for no secret known now.
    pub unknown: u64,
    /// What looks like a reference and is none.
    pub damaged: u64,
}

/// Why a call was left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unrestored {
    /// No rule allows this secret in this tool.
    NotAllowed,
    /// Its address is not one that the rule allows, or it has none.
    Address,
    /// Its arguments are no JSON.
    Malformed,
    /// Redacting it again would not give what the model wrote.
    NotInverse,
    /// The reply holds signed reasoning, and the reference is spelled otherwise than it was made.
    Signed,
    /// It was not completed, or its repetition is another one.
    Incomplete,
    /// It is longer than what may be held.
    TooLong,
}

impl Unrestored {
    /// The word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::Address => "address",
            Self::Malformed => "malformed",
            Self::NotInverse => "not-inverse",
            Self::Signed => "signed",
            Self::Incomplete => "incomplete",
            Self::TooLong => "too-long",
        }
    }
}

impl RestoreReport {
    pub(super) fn restored(&mut self, name: &str) {
        *self.restored.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn refused(&mut self, why: Unrestored) {
        *self.refused.entry(why).or_default() += 1;
    }
}
