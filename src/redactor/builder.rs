//! From secrets, rules and choices to a redactor.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

#[cfg(feature = "sealed")]
use super::plan::sealed;
use super::plan::{Labels, Plan, too_long};
use super::{Redactor, Warning};
use crate::allow::Allowlist;
use crate::error::BuildError;
use crate::limits::Limits;
use crate::replace::{Fingerprinter, Replacement};
use crate::rule::{
    AutomatonCache, Cache, CompiledRule, Extended, Import, LARGEST_AUTOMATON, Rule, builtin_rules,
    import_gitleaks, import_gitleaks_with, paranoid_rules, parse_rules,
};
use crate::secret::Secret;
#[cfg(feature = "sealed")]
use crate::secret::{SealedKey, SealedSet};

/// Collects secrets, rules and choices for a [`Redactor`].
#[derive(Clone, Default)]
pub struct RedactorBuilder {
    secrets: Vec<Secret>,
    rules: Vec<(Rule, Proved)>,
    replacement: Replacement,
    replacements: HashMap<String, Replacement>,
    fingerprint_key: Option<Secret>,
    allow: Allowlist,
    limits: Limits,
    cache: Cache,
    #[cfg(feature = "sealed")]
    sealed: Vec<(SealedSet, SealedKey)>,
}

/// What is known of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proved {
    /// A test of the catalogue proves its pattern and its automata.
    Catalogue,
    /// Its automata were built when it was imported.
    Automata,
    Nothing,
}

impl RedactorBuilder {
    /// Adds a known secret, under all its forms.
    ///
    /// # Errors
    ///
    /// A value longer than [`Limits::longest_secret`]. A value that is too short or too common is not an error: it is
    /// left out with a [`warning`](Self::warnings).
    pub fn secret(self, name: &str, value: impl Into<Vec<u8>>) -> Result<Self, BuildError> {
        self.known(Secret::new(name, value))
    }

    /// Adds a known secret.
    ///
    /// # Errors
    ///
    /// As [`secret`](Self::secret).
    pub fn known(mut self, secret: Secret) -> Result<Self, BuildError> {
        if secret.value().len() > self.limits.longest_secret {
            return Err(too_long(&secret, &self.limits));
        }
        self.secrets.push(secret);
        Ok(self)
    }

    /// Adds the secrets of a sealed set, which are found as if they had been given, in the same forms and spellings. See
    /// [`SealedSet`] for an example.
    ///
    /// They have no fingerprints. Sets that are sealed under the same key can be added one after the other.
    ///
    /// # Errors
    ///
    /// A set that was sealed under another key or changed since, and a key that is not that of the sets before.
    #[cfg(feature = "sealed")]
    pub fn sealed(mut self, set: SealedSet, key: &SealedKey) -> Result<Self, BuildError> {
        set.prove(key)?;
        if self.sealed.iter().any(|(_, other)| other != key) {
            return Err(BuildError::sealed("all sets of a redactor have one key"));
        }
        self.sealed.push((set, key.clone()));
        Ok(self)
    }

    /// Adds the built-in catalogue.
    #[must_use]
    pub fn builtin_rules(mut self) -> Self {
        self.rules.extend(builtin_rules().into_iter().map(|rule| (rule, Proved::Catalogue)));
        self
    }

    /// Adds rules for whatever looks random, wherever it stands: see
    /// [`paranoid_rules`](crate::rule::paranoid_rules). Ids and hashes go with it, and a word at the end of the input so
    /// far is held until it ends.
    ///
    /// ```
    /// use keepmum::{Redactor, rule::template::expand};
    ///
    /// let redactor = Redactor::builder().builtin_rules().paranoid_rules().build()?;
    /// let line = expand("cache-key-of-the-last-build {alnum:32}", 1).expect("a template").text;
    /// assert_eq!(redactor.redact_str(&line), "cache-key-of-the-last-build [REDACTED:entropy-token]");
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    #[must_use]
    pub fn paranoid_rules(mut self) -> Self {
        self.rules.extend(paranoid_rules().into_iter().map(|rule| (rule, Proved::Catalogue)));
        self
    }

    /// Adds a rule. One with the id of a rule that was added before takes its place.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        match self.rules.iter_mut().find(|(old, _)| old.id == rule.id) {
            Some(old) => *old = (rule, Proved::Nothing),
            None => self.rules.push((rule, Proved::Nothing)),
        }
        self
    }

    /// Adds the rules of a TOML text; `place` names it in errors.
    ///
    /// # Errors
    ///
    /// TOML that is not a list of rules.
    pub fn rules_toml(self, place: &str, toml: &str) -> Result<Self, BuildError> {
        Ok(parse_rules(place, toml)?.into_iter().fold(self, Self::rule))
    }

    /// Adds the rules of a gitleaks configuration; the texts say what means something else here, by rule. One that
    /// extends gitleaks' default rules changes those given so far, by id, as it would change gitleaks'.
    ///
    /// # Errors
    ///
    /// As [`import_gitleaks`](crate::rule::import_gitleaks).
    pub fn gitleaks_toml(self, place: &str, toml: &str) -> Result<(Self, Vec<String>), BuildError> {
        Ok(self.import(import_gitleaks(place, toml)?))
    }

    /// As [`gitleaks_toml`](Self::gitleaks_toml), following `[extend] path` with `load`.
    ///
    /// # Errors
    ///
    /// As [`import_gitleaks_with`].
    pub fn gitleaks_toml_with(
        self,
        place: &str,
        toml: &str,
        load: &mut dyn FnMut(&str, &str) -> Result<Extended, String>,
    ) -> Result<(Self, Vec<String>), BuildError> {
        Ok(self.import(import_gitleaks_with(place, toml, load)?))
    }

    fn import(mut self, import: Import) -> (Self, Vec<String>) {
        let mut notices = import.notices;
        if let Some(defaults) = import.defaults {
            notices.extend(defaults.notices(self.rules()));
            self.rules.retain(|(rule, _)| !defaults.disables(rule));
            for (rule, proved) in &mut self.rules {
                defaults.change(rule);
                // What was proved of the rule was not proved of exceptions that somebody else wrote.
                if *proved == Proved::Catalogue {
                    *proved = Proved::Automata;
                }
            }
        }
        self.rules.extend(import.rules.into_iter().map(|rule| (rule, Proved::Automata)));
        (self, notices)
    }

    /// Keeps those of the rules given so far that `keep` says: of a confidence, not of a vendor, all but one.
    #[must_use]
    pub fn retain_rules(mut self, mut keep: impl FnMut(&Rule) -> bool) -> Self {
        self.rules.retain(|(rule, _)| keep(rule));
        self
    }

    /// Asks the rules given so far for their proofs: of a token with a checksum only what passes it is redacted.
    #[must_use]
    pub fn prove_rules(mut self) -> Self {
        self.rules.iter_mut().for_each(|(rule, _)| *rule = std::mem::take(rule).prove());
        self
    }

    /// The rules given so far.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    /// What stands in the output for a secret.
    ///
    /// ### Default
    ///
    /// [`Replacement::Named`].
    #[must_use]
    pub fn replacement(mut self, replacement: Replacement) -> Self {
        self.replacement = replacement;
        self
    }

    /// What stands in the output for the secret or the rule called `name`; for [`Replacement::FIELD`], for values that are
    /// hidden because of the name of their field.
    #[must_use]
    pub fn replacement_for(mut self, name: &str, replacement: Replacement) -> Self {
        self.replacements.insert(name.to_owned(), replacement);
        self
    }

    /// The key of fingerprints.
    ///
    /// ### Default
    ///
    /// None: nothing gets a fingerprint.
    #[must_use]
    pub fn fingerprint_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.fingerprint_key = Some(Secret::new("fingerprint-key", key));
        self
    }

    /// Adds exceptions for matches of rules.
    #[must_use]
    pub fn allow(mut self, allow: Allowlist) -> Self {
        self.allow.extend(allow);
        self
    }

    /// The capacities. Set them before adding secrets.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where automata of rules are kept from one process to the next.
    ///
    /// ### Default
    ///
    /// Nowhere.
    #[must_use]
    pub fn automaton_cache(mut self, cache: Arc<dyn AutomatonCache>) -> Self {
        self.cache = Cache::of(cache);
        self
    }

    /// How many rules were given so far.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// Which of the secrets given so far will not be looked for, and why.
    pub fn warnings(&self) -> Vec<Warning> {
        self.secrets.iter().filter_map(Warning::of).collect()
    }

    /// Compiles it all.
    ///
    /// # Errors
    ///
    /// A rule whose pattern is refused, or a replacement that would itself print a known secret.
    pub fn build(self) -> Result<Redactor, BuildError> {
        let key = self.fingerprint_key.as_ref();
        #[cfg_attr(
            not(feature = "sealed"),
            expect(unused_mut, reason = "sealed secrets are labelled first")
        )]
        let mut labels = Labels::default();
        #[cfg(feature = "sealed")]
        let sealed = sealed(&self.sealed, &mut labels);
        let plan = Arc::new(Plan {
            rules: Self::compiled_rules(self.rules, &self.limits, &self.cache)?.into(),
            replacement: self.replacement,
            replacements: self.replacements,
            fingerprinter: key.map(|key| Arc::new(Fingerprinter::new(key.value()))),
            allow: Arc::new(self.allow),
            limits: self.limits,
            #[cfg(feature = "sealed")]
            sealed,
            labels: Mutex::new(labels),
        });
        plan.with(&self.secrets)
    }

    fn compiled_rules(
        rules: Vec<(Rule, Proved)>,
        limits: &Limits,
        cache: &Cache,
    ) -> Result<Vec<CompiledRule>, BuildError> {
        let compiled = |(rule, proved): (Rule, Proved)| match proved {
            Proved::Catalogue => CompiledRule::of_catalogue(rule, limits, cache),
            Proved::Automata => CompiledRule::new(rule, limits, cache),
            Proved::Nothing => {
                let compiled = CompiledRule::new(rule, limits, cache)?;
                compiled.check_automata(LARGEST_AUTOMATON)?;
                Ok(compiled)
            }
        };
        let mut all = Vec::with_capacity(rules.len());
        for rule in rules {
            all.push(compiled(rule)?);
        }
        Ok(all)
    }
}

impl fmt::Debug for RedactorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactorBuilder")
            .field("secrets", &self.secrets)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}
