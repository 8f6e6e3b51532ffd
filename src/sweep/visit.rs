//! Who is shown what becomes of a file.

use super::fingerprint::Print;
use crate::{Finding, Span};

/// Gets the bytes of a file in order, and what is told of them.
///
/// Nothing here fails: who writes keeps the error, and says that it is [`over`](Self::over).
pub trait Visit {
    /// Bytes that stay.
    fn kept(&mut self, bytes: &[u8]);

    /// Bytes that go, and what stands for them.
    fn changed(&mut self, change: &Change<'_>);

    /// A secret that stays, before its bytes.
    fn left(&mut self, left: &Left<'_>);

    /// Whether nothing more is wanted.
    fn over(&self) -> bool {
        false
    }
}

/// Bytes of a file that are others now.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Change<'a> {
    /// Where in the file as it was.
    pub span: Span,
    /// What stands there now.
    pub with: &'a [u8],
    /// What stood there; none if it is the rest of a secret that was told of before.
    pub finding: Option<&'a Finding>,
    /// Keyed hash of the bytes that stood there.
    pub print: Print,
}

impl Change<'_> {
    /// The secret's name or the rule's id.
    pub fn name(&self) -> &str {
        self.finding.map_or("rest", Finding::name)
    }
}

/// A secret that stays where it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Left<'a> {
    /// Where in the file.
    pub span: Span,
    /// The secret's name or the rule's id.
    pub name: &'a str,
    /// In which field of its line or document.
    pub place: &'a str,
    /// Why.
    pub stays: Stays,
}

/// Why a secret stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// It stands in what must not change: a signed block, an id, a picture.
    Fixed,
    /// It is what the agent itself signs in with, or hands to its servers.
    Credential,
}

impl Stays {
    /// The words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Credential => "credential",
        }
    }
}
