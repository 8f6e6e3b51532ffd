//! What must not be redacted, and who said so.

use std::collections::HashSet;
use std::sync::Arc;

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

use crate::error::BuildError;

/// Exceptions for matches of rules. A known secret is never excepted.
///
/// ```
/// use keepmum::{Allowlist, Redactor};
///
/// let mut allowed = Allowlist::new();
/// allowed.value("Tr0ub4dor-3", "stands in the documentation");
/// let redactor = Redactor::builder().builtin_rules().allow(allowed).build()?;
/// assert_eq!(redactor.redact(b"password=Tr0ub4dor-3"), &b"password=Tr0ub4dor-3"[..]);
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Allowlist {
    values: HashSet<Vec<u8>>,
    patterns: Vec<Regex>,
    reasons: Vec<Arc<str>>,
}

impl Allowlist {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Excepts one exact value of a rule's secret; `reason` says why, for [`reasons`](Self::reasons).
    pub fn value(&mut self, value: impl Into<Vec<u8>>, reason: &str) -> &mut Self {
        self.values.insert(value.into());
        self.reasons.push(reason.into());
        self
    }

    /// Excepts every secret that `pattern` matches from its first byte to its last.
    ///
    /// # Errors
    ///
    /// A pattern that is no regular expression.
    pub fn pattern(&mut self, pattern: &str, reason: &str) -> Result<&mut Self, BuildError> {
        let whole = compiled(&format!("^(?:{pattern})$"));
        self.patterns
            .push(whole.map_err(|why| BuildError::allow(format_args!("`{pattern}`: {why}")))?);
        self.reasons.push(reason.into());
        Ok(self)
    }

    /// Why each entry is there, in the order in which they were given.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(|reason| &**reason)
    }

    pub(crate) fn excepts(&self, secret: &[u8]) -> bool {
        (!self.values.is_empty() && self.values.contains(secret))
            || self
                .patterns
                .iter()
                .any(|regex| regex.is_match(Input::new(secret).anchored(Anchored::Yes)))
    }

    pub(crate) fn extend(&mut self, other: Allowlist) {
        self.values.extend(other.values);
        self.patterns.extend(other.patterns);
        self.reasons.extend(other.reasons);
    }
}

/// A pattern over bytes that is searched for.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, String> {
    let syntax = regex_automata::util::syntax::Config::new().unicode(false).utf8(false);
    Regex::builder()
        .configure(Regex::config().utf8_empty(false))
        .syntax(syntax)
        .build(pattern)
        .map_err(|error| match error.syntax_error() {
            Some(syntax) => syntax.to_string(),
            None => error.to_string(),
        })
}
