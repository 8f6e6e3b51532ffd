//! Rules as TOML: the form in which people write them.

use serde::Deserialize;

use super::confidence::Confidence;
use super::left::Left;
use crate::check::Check;
use crate::error::BuildError;

/// A declarative description of one kind of secret, as it stands in a TOML file.
///
/// The format is described in the manual under "Rules". A rule is inert until a
/// [`RedactorBuilder`](crate::RedactorBuilder) compiles it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Whose kind of secret it is, as the file says.
    #[serde(skip)]
    pub vendor: String,
    /// Stable id, `vendor-kind`, of `[a-z0-9-]`. It is printed in placeholders.
    pub id: String,
    /// One line for people.
    pub description: String,
    /// Pattern over bytes in the syntax of the `regex` crate, Unicode off.
    pub pattern: String,
    /// How sure a match is a secret.
    #[serde(default)]
    pub confidence: Confidence,
    /// What may stand before a match.
    #[serde(default)]
    pub left: Left,
    /// Least Shannon entropy of the secret in bits per byte.
    pub entropy: Option<f32>,
    /// Offline predicates that can reject a match.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Whether the pattern runs from a begin mark to an end mark, and so may be unbounded inside.
    #[serde(default)]
    pub block: bool,
    /// Patterns; a secret in which one of them is found is none.
    #[serde(default)]
    pub except: Vec<String>,
    /// Words; a secret that holds one, in either case, is none.
    #[serde(default)]
    pub stopwords: Vec<String>,
    /// Templates of what has to be redacted; `«` and `»` mark the part if it is not all of it.
    #[serde(default)]
    pub positive: Vec<String>,
    /// Templates of what has to stay.
    #[serde(default)]
    pub negative: Vec<String>,
    /// Where the form is documented.
    pub reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    vendor: Option<String>,
    #[serde(default)]
    rule: Vec<Rule>,
}

impl Rule {
    /// The first check that refuses `secret`, if one does.
    pub fn refused_by(&self, secret: &[u8]) -> Option<String> {
        let unmasked = (!self.block).then_some(Check::Unmasked);
        let entropy = self.entropy.map(Check::Entropy);
        let mut checks = unmasked.into_iter().chain(self.checks.iter().copied()).chain(entropy);
        checks.find(|check| !check.accepts(secret)).map(|check| check.to_string())
    }
}

/// Reads the rules of one TOML file. `place` names the file in errors.
///
/// # Errors
///
/// TOML that is not well-formed, an unknown key or a value of the wrong type; the error names file and line.
pub fn parse_rules(place: &str, toml: &str) -> Result<Vec<Rule>, BuildError> {
    let file: File = toml::from_str(toml).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + toml[..span.start].matches('\n').count());
        BuildError::rule_file(format_args!("{place}:{line}"), error.message())
    })?;
    let vendor = file.vendor.unwrap_or_default();
    Ok(file.rule.into_iter().map(|rule| Rule { vendor: vendor.clone(), ..rule }).collect())
}
