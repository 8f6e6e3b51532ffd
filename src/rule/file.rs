//! Rules as TOML: the form in which people write them.

use std::borrow::Cow;

use serde::Deserialize;

use super::cache::Cache;
use super::compiled::CompiledRule;
use super::confidence::Confidence;
use super::left::Left;
use crate::check::Check;
use crate::error::BuildError;
use crate::limits::Limits;

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
    /// Names, in lower case, of which one has to stand before the value, such as a vendor's. A blank stands for every
    /// way to join two words. The pattern is then that of the value alone.
    #[serde(default)]
    pub names: Vec<String>,
    /// Pattern over bytes in the syntax of the `regex` crate, Unicode off.
    pub pattern: String,
    /// Pattern of what goes on right where a match ended, whether the checks accepted that or not: a lead that stays,
    /// and the group `secret`. It is matched again and again, until it does not.
    pub next: Option<String>,
    /// Whether tokens are found inside base64 too; the pattern has to begin with at least four fixed bytes.
    #[serde(default)]
    pub encoded: bool,
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
    /// Checks that few other bytes pass, such as a checksum: they say more about what they accept, and reject nothing
    /// until [`prove`](Self::prove) asks for them.
    #[serde(default)]
    pub proofs: Vec<Check>,
    /// Whether the pattern runs from a begin mark to an end mark, and so may be unbounded inside.
    #[serde(default)]
    pub block: bool,
    /// Whether repetitions in the middle may be unbounded: a lead or a secret that is not complete after
    /// [`Limits::rule_bound`](crate::Limits::rule_bound) bytes is none. For imported rules.
    #[serde(skip)]
    pub(crate) gaps: bool,
    /// Whether the pattern is one class with a minimum, such as `[0-9a-f]{32,}`, of which each maximal run is a match:
    /// it needs no fixed bytes.
    #[serde(default)]
    pub run: bool,
    /// Patterns; a secret in which one of them is found is none.
    #[serde(default)]
    pub except: Vec<String>,
    /// Lists of patterns; a secret in which all of one list are found is none.
    #[serde(skip)]
    pub(crate) except_together: Vec<Vec<String>>,
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
pub(super) struct File {
    #[serde(default)]
    vendor: Option<String>,
    #[serde(default)]
    rule: Vec<Rule>,
}

impl File {
    /// How many rules it has.
    pub(super) fn len(&self) -> usize {
        self.rule.len()
    }

    /// Its rules, each with its vendor.
    pub(super) fn rules(self) -> impl Iterator<Item = Rule> {
        let vendor = self.vendor.unwrap_or_default();
        self.rule.into_iter().map(move |rule| Rule { vendor: vendor.clone(), ..rule })
    }
}

impl Rule {
    /// The first check that refuses `secret`, if one does.
    pub fn refused_by(&self, secret: &[u8]) -> Option<String> {
        let unmasked = (!self.block).then_some(Check::Unmasked);
        let entropy = self.entropy.map(Check::Entropy);
        let mut checks = unmasked.into_iter().chain(self.checks.iter().copied()).chain(entropy);
        checks.find(|check| !check.accepts(secret)).map(|check| check.to_string())
    }

    /// What `secret`, found by this rule, stands for: itself, or the token that it is in base64.
    ///
    /// ```
    /// use keepmum::rule::parse_rules;
    ///
    /// let toml = "[[rule]]\nid = 'a'\ndescription = 'd'\npattern = 'acme_[a-z]{3,}'\nencoded = true";
    /// let rule = &parse_rules("rules.toml", toml)?[0];
    /// assert_eq!(*rule.decoded(b"YWNtZV9hYmM"), *b"acme_abc");
    /// assert_eq!(*rule.decoded(b"acme_abc"), *b"acme_abc");
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    pub fn decoded<'a>(&self, secret: &'a [u8]) -> Cow<'a, [u8]> {
        let compiled = CompiledRule::new(self.clone(), &Limits::default(), &Cache::default());
        let encoded = compiled.map(|rule| rule.anchors.encoded).unwrap_or_default();
        let begins = encoded.iter().find(|encoded| encoded.head.begins(secret));
        begins.map_or(Cow::Borrowed(secret), |encoded| Cow::Owned(encoded.decode(secret)))
    }

    /// Each proof, and whether it holds for `secret`.
    pub fn proofs_of(&self, secret: &[u8]) -> impl Iterator<Item = (Check, bool)> {
        self.proofs.iter().map(|&proof| (proof, proof.accepts(secret)))
    }

    /// How sure it is that `secret` is one: a step surer than the rule if there are proofs and all of them hold.
    ///
    /// ```
    /// use keepmum::{Confidence, rule::{parse_rules, template::expand}};
    ///
    /// let toml = "[[rule]]\nid = 'a'\ndescription = 'd'\npattern = 'acme_[A-Za-z0-9]{36}'\nproofs = ['crc32']";
    /// let rule = &parse_rules("rules.toml", toml)?[0];
    /// let confidence = |template| rule.confidence_in(expand(template, 1).expect("good").text.as_bytes());
    /// assert_eq!(confidence("acme_{alnum:30}{crc32}"), Confidence::High);
    /// assert_eq!(confidence("acme_{alnum:36}"), Confidence::Medium);
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    pub fn confidence_in(&self, secret: &[u8]) -> Confidence {
        let proven = !self.proofs.is_empty() && self.proofs_of(secret).all(|(_, holds)| holds);
        if proven { self.confidence.raised() } else { self.confidence }
    }

    /// The rule that accepts only what its proofs hold for, and is a step surer of that. One without proofs stays as
    /// it is.
    #[must_use]
    pub fn prove(mut self) -> Self {
        if !self.proofs.is_empty() {
            self.confidence = self.confidence.raised();
            self.checks.append(&mut self.proofs);
        }
        self
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
    Ok(file.rules().collect())
}
