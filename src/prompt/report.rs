//! What was done to a request, told without a secret.

use crate::{Finding, Reference};

/// What was found in a request and what was done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// In the order in which they stand in the body.
    pub found: Vec<Found>,
    /// How many bytes of the body were taken out.
    pub changed: u64,
    /// Offset of the first byte that is another one now: before it a cached prefix is the same.
    pub first_changed: Option<u64>,
    /// What nobody looked into, and why.
    pub unscanned: Vec<Unscanned>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// What and where: its span is one of the body.
    pub finding: Finding,
    /// In which field, such as `messages[3].content[0].text`; keys that do not look like names of fields are `*`.
    pub place: String,
    /// What was done about it.
    pub treatment: Treatment,
    /// What stands there now.
    pub reference: Option<Reference>,
}

/// What was done about something that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Treatment {
    /// It was replaced.
    Redacted,
    /// It was left, as a rule's mode says.
    Warned,
    /// It was left: nothing may change there, and the rule is no more than a guess, or it stands there already.
    Left,
    /// It was left: it is meant for the provider, which needs it.
    Credential,
}

/// A part that nobody looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unscanned {
    /// In which field.
    pub place: String,
    /// Why.
    pub why: &'static str,
    /// How long it is, in bytes.
    pub bytes: u64,
}

impl Report {
    /// Whether the body is sent as it was.
    pub fn is_unchanged(&self) -> bool {
        self.first_changed.is_none()
    }
}
