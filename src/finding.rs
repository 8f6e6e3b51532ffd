//! What was redacted, told without the secret.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Span;

/// One redaction: what stood there and where, never the value.
///
/// Ranges that overlap or touch become one redaction and so one finding, which carries the strongest label: a known
/// secret before a rule, then the higher confidence, then the rule that was given first.
///
/// ```
/// use keepmum::{Origin, Redactor};
///
/// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
/// let findings = redactor.find(b"pw: correct horse battery");
/// assert_eq!(findings[0].origin(), Origin::Secret);
/// assert_eq!((findings[0].name(), findings[0].span().start()), ("db", 4));
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(crate) origin: Origin,
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// What a finding's name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Origin {
    /// A known secret.
    Secret,
    /// A rule.
    Rule,
    /// A limit was crossed: the bytes were not decided, so they were taken out.
    Limit,
}

impl Origin {
    /// The word used in reports: `secret`, `rule` or `limit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Secret => "secret",
            Origin::Rule => "rule",
            Origin::Limit => "limit",
        }
    }
}

impl Finding {
    /// Whether a known secret, a rule or a limit caused it.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The secret's name or the rule's id.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stood in the input.
    pub fn span(&self) -> Span {
        self.span
    }

    /// A keyed hash of the value, if a key was given and the value is long and varied enough to not be guessed.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }
}

/// A keyed hash of a secret's value: equal for equal values under one key, and of no use without the key.
///
/// Six characters of lower-case base 32 are printed, 30 bits: enough to tell which leaks are the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint(pub(crate) [u8; 6]);

impl Fingerprint {
    /// The characters that are printed.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl From<Fingerprint> for String {
    fn from(print: Fingerprint) -> Self {
        print.as_str().to_owned()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    /// Takes what [`Fingerprint::as_str`] gives.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = |byte: &u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(byte);
        match <[u8; 6]>::try_from(text.as_bytes()) {
            Ok(print) if print.iter().all(known) => Ok(Self(print)),
            _ => Err("not a fingerprint: six characters of lower-case base 32"),
        }
    }
}
