//! Why a redactor could not be built.

use std::fmt;

/// A redactor could not be built: a rule, a secret or a replacement was refused.
///
/// The error is opaque so that kinds can be added. Its text names the rule or the secret and, for rules read from TOML,
/// the place; it never quotes a secret's value.
///
/// ```
/// use keepmum::Redactor;
///
/// let error = Redactor::builder().rules_toml("mine.toml", "[[rule]]\nid = 'x-key'\ndescription = 'too short'\npattern = 'ab'")
///     .and_then(|builder| builder.build())
///     .unwrap_err();
/// assert!(error.is_rule());
/// assert!(error.to_string().contains("x-key"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rule,
    Secret,
    Replacement,
    Allow,
    #[cfg(feature = "prompt")]
    Glob,
}

impl BuildError {
    pub(crate) fn rule(id: &str, why: impl fmt::Display) -> Self {
        Self { kind: Kind::Rule, message: format!("rule `{id}`: {why}") }
    }

    pub(crate) fn rule_file(place: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { kind: Kind::Rule, message: format!("{place}: {why}") }
    }

    pub(crate) fn secret(name: &str, why: impl fmt::Display) -> Self {
        Self { kind: Kind::Secret, message: format!("secret `{name}`: {why}") }
    }

    #[cfg(feature = "sealed")]
    pub(crate) fn sealed(why: impl fmt::Display) -> Self {
        Self { kind: Kind::Secret, message: format!("sealed set: {why}") }
    }

    pub(crate) fn replacement(why: impl fmt::Display) -> Self {
        Self { kind: Kind::Replacement, message: format!("replacement: {why}") }
    }

    pub(crate) fn allow(why: impl fmt::Display) -> Self {
        Self { kind: Kind::Allow, message: format!("allowlist: {why}") }
    }

    #[cfg(feature = "prompt")]
    pub(crate) fn glob(glob: &str, why: impl fmt::Display) -> Self {
        Self { kind: Kind::Glob, message: format!("`{glob}` matches no names: {why}") }
    }

    /// Whether a rule was refused: its TOML, its pattern or one of its bounds.
    pub fn is_rule(&self) -> bool {
        self.kind == Kind::Rule
    }

    /// Whether a known secret was refused, for instance because it is longer than the limit.
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    /// Whether the replacement was refused, for instance because it would print a known secret.
    pub fn is_replacement(&self) -> bool {
        self.kind == Kind::Replacement
    }

    /// Whether an entry of the allowlist was refused.
    pub fn is_allow(&self) -> bool {
        self.kind == Kind::Allow
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BuildError {}
