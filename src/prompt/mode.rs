//! What is done about what was found.

use serde::Deserialize;

/// What becomes of a request in which something was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A reference takes the secret's place.
    #[default]
    Redact,
    /// The request is refused.
    Block,
    /// It is sent as it is, and the report tells. For rules only.
    Warn,
    /// The rule is not asked.
    Off,
}

/// What becomes of a secret in a key of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPolicy {
    /// It is redacted as a value is.
    #[default]
    Redact,
    /// The request is refused.
    Refuse,
}
