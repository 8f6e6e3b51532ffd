//! The compiled redactor and its builder.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use regex_automata::util::pool::Pool;

use crate::allow::Allowlist;
use crate::detect::literal::IndexBuilder;
#[cfg(feature = "sealed")]
use crate::detect::sealed::{Sealed, SealedBuilder};
use crate::error::BuildError;
use crate::finding::{Finding, Fingerprint, Origin};
use crate::limits::Limits;
use crate::replace::{Fingerprinter, Replacement, Texts};
use crate::rule::{
    AutomatonCache, Cache, CompiledRule, Extended, Import, LARGEST_AUTOMATON, Rule, builtin_rules,
    import_gitleaks, import_gitleaks_with, paranoid_rules, parse_rules,
};
use crate::scan::{Class, Engine, Parts, Region};
use crate::secret::{Kept, Secret, expand, kept};
#[cfg(feature = "sealed")]
use crate::secret::{SealedKey, SealedSet};
use crate::span::Span;
use crate::stream::{Clean, Core, Discard, Observe, Sink, Stream};

/// A compiled set of secrets and rules: immutable, cheap to clone, shared between threads.
///
/// ```
/// use keepmum::Redactor;
///
/// let redactor = Redactor::builder().builtin_rules().secret("db-password", "correct horse")?.build()?;
/// assert_eq!(redactor.redact(b"pw is correct horse"), &b"pw is [REDACTED:db-password]"[..]);
/// assert_eq!(redactor.redact_str("nothing here"), "nothing here");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Redactor {
    inner: Arc<Inner>,
}

struct Inner {
    compiled: Compiled,
    pool: Pool<Box<Core>, NewCore>,
}

type NewCore = Box<dyn Fn() -> Box<Core> + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// What streams share.
pub(crate) struct Compiled {
    pub(crate) engine: Engine,
    pub(crate) texts: Texts,
    labels: Labels,
    plan: Arc<Plan>,
}

/// What stays when the known secrets change.
struct Plan {
    rules: Arc<[CompiledRule]>,
    replacement: Replacement,
    replacements: HashMap<String, Replacement>,
    fingerprinter: Option<Arc<Fingerprinter>>,
    allow: Arc<Allowlist>,
    limits: Limits,
    /// Known secrets that nobody here knows; they stay too.
    #[cfg(feature = "sealed")]
    sealed: Option<Arc<Sealed>>,
    /// Of every set so far: a stream that goes over to another set keeps labels by their index.
    labels: Mutex<Labels>,
}

/// What redactions of known secrets are called. Labels are only added.
#[derive(Clone, Default)]
struct Labels(Vec<(Arc<str>, Option<Fingerprint>)>);

impl Labels {
    /// Where the label stands; it is added if it is new. `known` finds those that are there.
    fn index(&mut self, label: (Arc<str>, Option<Fingerprint>), known: &mut Known) -> u32 {
        *known.entry(label).or_insert_with_key(|label| {
            self.0.push(label.clone());
            self.0.len() as u32 - 1
        })
    }

    fn known(&self) -> Known {
        self.0.iter().cloned().zip(0..).collect()
    }
}

type Known = HashMap<(Arc<str>, Option<Fingerprint>), u32>;

impl Compiled {
    pub(crate) fn finding(&self, region: &Region) -> Finding {
        let index = region.label.index as usize;
        let (origin, name) = match region.label.class {
            Class::Rule(_) => (Origin::Rule, Arc::clone(&self.engine.rules[index].id)),
            Class::Secret => (Origin::Secret, Arc::clone(&self.labels.0[index].0)),
            Class::Limit => (Origin::Limit, Arc::from("held")),
        };
        let span = Span::new(region.start, region.end);
        Finding { origin, name, span, fingerprint: region.label.fingerprint }
    }
}

impl Redactor {
    /// A builder with no secrets and no rules.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// Redacts a whole input; borrowed when there was nothing to redact. Allocates nothing then.
    pub fn redact<'a>(&self, input: &'a [u8]) -> Cow<'a, [u8]> {
        let mut core = self.inner.pool.get();
        let mut out = Vec::new();
        match core.whole(self.compiled(), input, &mut out) {
            Clean::Yes => Cow::Borrowed(input),
            Clean::No => Cow::Owned(out),
        }
    }

    /// As [`redact`](Self::redact), telling `observer` what was redacted, in order.
    ///
    /// ```
    /// use keepmum::Redactor;
    ///
    /// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
    /// let mut names = Vec::new();
    /// redactor.redact_observed(b"pw: correct horse", |finding| names.push(finding.name().to_owned()));
    /// assert_eq!(names, ["db"]);
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    pub fn redact_observed<'a>(
        &self,
        input: &'a [u8],
        observer: impl FnMut(&Finding),
    ) -> Cow<'a, [u8]> {
        let mut core = self.inner.pool.get();
        let mut sink = Observe::new(Vec::new(), observer);
        match core.whole(self.compiled(), input, &mut sink) {
            Clean::Yes => Cow::Borrowed(input),
            Clean::No => Cow::Owned(sink.into_inner()),
        }
    }

    /// As [`redact`](Self::redact) for text. A redaction that would cut a character in two takes its bytes with it as
    /// U+FFFD.
    pub fn redact_str<'a>(&self, input: &'a str) -> Cow<'a, str> {
        match self.redact(input.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(input),
            Cow::Owned(out) => Cow::Owned(text(out)),
        }
    }

    /// What [`redact`](Self::redact) would redact, in order.
    pub fn find(&self, input: &[u8]) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut core = self.inner.pool.get();
        core.whole(
            self.compiled(),
            input,
            &mut Observe::new(Discard, |finding: &Finding| found.push(finding.clone())),
        );
        found
    }

    /// A stream whose redacted bytes go to `sink`.
    pub fn stream<S: Sink>(&self, sink: S) -> Stream<S> {
        Stream::new(self.clone(), sink)
    }

    /// The same rules, replacements and limits with other known secrets. Cheap beside a build: rules are shared.
    ///
    /// A running stream goes over to it with [`Stream::adopt`].
    ///
    /// ```
    /// use keepmum::{Redactor, Secret};
    ///
    /// let old = Redactor::builder().secret("db-password", "correct horse")?.build()?;
    /// let new = old.with_secrets(vec![Secret::new("db-password", "battery staple")])?;
    /// assert_eq!(new.redact_str("battery staple"), "[REDACTED:db-password]");
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`RedactorBuilder::known`] and [`RedactorBuilder::build`] for the secrets.
    pub fn with_secrets(&self, secrets: Vec<Secret>) -> Result<Redactor, BuildError> {
        self.compiled().plan.with(&secrets)
    }

    pub(crate) fn compiled(&self) -> &Compiled {
        &self.inner.compiled
    }

    /// Whether both look for the same rules, so that a stream can go over from one to the other.
    pub(crate) fn is_related(&self, other: &Redactor) -> bool {
        Arc::ptr_eq(&self.compiled().plan, &other.compiled().plan)
    }

    /// Whether both are one.
    #[cfg(feature = "serve")]
    pub(crate) fn is_same(&self, other: &Redactor) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

/// Rules that are in force here and not there.
#[cfg(feature = "prompt")]
impl Redactor {
    /// The rules of which `mutes` says so, as [`redact_without`](Self::redact_without) takes them; none if it mutes none.
    pub(crate) fn muted(&self, mutes: impl Fn(&str) -> bool) -> Option<Arc<[bool]>> {
        let rules = &self.compiled().engine.rules;
        let muted: Arc<[bool]> = rules.iter().map(|rule| mutes(&rule.id)).collect();
        muted.contains(&true).then_some(muted)
    }

    /// Whether `muted` names a rule.
    pub(crate) fn mutes(&self, muted: &[bool], rule: &str) -> bool {
        let rules = self.compiled().engine.rules.iter();
        rules.zip(muted).any(|(own, &muted)| muted && *own.id == *rule)
    }

    /// How sure a rule is.
    pub(crate) fn confidence(&self, rule: &str) -> Option<crate::Confidence> {
        let mut rules = self.compiled().engine.rules.iter();
        rules.find(|own| *own.id == *rule).map(|own| own.confidence)
    }

    /// As [`redact`](Self::redact) into a sink, as if it had not the `muted` rules. The sink gets nothing if nothing is
    /// found.
    pub(crate) fn redact_without(
        &self,
        muted: Option<&Arc<[bool]>>,
        input: &[u8],
        sink: &mut impl Sink,
    ) {
        let mut core = self.inner.pool.get();
        core.state.muted = muted.cloned();
        core.whole(self.compiled(), input, sink);
    }
}

/// Looks whose result is put together elsewhere.
#[cfg(any(feature = "msgpack", feature = "protobuf"))]
impl Redactor {
    /// As [`redact`](Self::redact) into a sink, which gets nothing if nothing is found.
    pub(crate) fn redact_into(&self, input: &[u8], sink: &mut impl Sink) {
        self.inner.pool.get().whole(self.compiled(), input, sink);
    }
}

/// Values that stand in fields with names.
#[cfg(any(feature = "fields", feature = "columns", feature = "msgpack"))]
impl Redactor {
    /// Calls `suspect` with a place in each part of `haystack` that [`redact`](Self::redact) might change if it was given that
    /// part alone, however `haystack` is parted. `false` if that cannot be told. Allocates nothing.
    #[cfg(any(feature = "tracing", feature = "otel"))]
    pub(crate) fn suspects(&self, haystack: &[u8], suspect: impl FnMut(usize)) -> bool {
        let mut core = self.inner.pool.get();
        self.compiled().engine.suspects(&mut core.state, haystack, suspect)
    }

    /// Redacts parts of `haystack` as [`redact`](Self::redact) would, with one first look over all of them.
    #[cfg(feature = "columns")]
    pub(crate) fn redact_parts(
        &self,
        haystack: &[u8],
        ends: &[usize],
        changed: impl FnMut(usize, Vec<u8>),
    ) {
        self.inner.pool.get().parts(self.compiled(), haystack, ends, changed);
    }

    /// What stands for a value that is hidden because of the name of the field that it stands in, and what is told of it.
    /// None for a value that is no secret: nothing, what says that there is none, and what was hidden before.
    #[cfg(any(feature = "fields", feature = "msgpack"))]
    pub(crate) fn hide_field(&self, value: &[u8]) -> Option<(Vec<u8>, Finding)> {
        let compiled = self.compiled();
        if matches!(value, b"" | b"None" | b"null" | b"true" | b"false")
            || compiled.texts.is_whole(value)
        {
            return None;
        }
        let print = compiled.plan.fingerprinter.as_ref().and_then(|print| print.of(value));
        let mut out = Vec::new();
        compiled.texts.write_field(value, print, &mut |text| out.extend_from_slice(text));
        let span = Span::new(0, value.len() as u64);
        let name = Arc::from(Replacement::FIELD);
        Some((out, Finding { origin: Origin::Rule, name, span, fingerprint: print }))
    }
}

impl Plan {
    /// The redactor for `secrets`, whose labels are added to those of its family.
    fn with(self: &Arc<Self>, secrets: &[Secret]) -> Result<Redactor, BuildError> {
        let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut index, mut known) = (IndexBuilder::default(), labels.known());
        for secret in secrets {
            if secret.value().len() > self.limits.longest_secret {
                return Err(too_long(secret, &self.limits));
            }
            let print = self.fingerprinter.as_ref();
            let print = print.and_then(|print| print.of(secret.value().trim_ascii()));
            let label = labels.index((Arc::from(secret.name()), print), &mut known);
            expand(secret).1.into_iter().for_each(|form| index.add(form, label));
        }
        let labels = labels.clone();
        let texts = self.texts(&labels);
        let mut engine = Engine::new(Parts {
            rules: Arc::clone(&self.rules),
            fingerprints: labels.0.iter().map(|(_, print)| *print).collect(),
            fingerprinter: self.fingerprinter.clone(),
            index: index.build(),
            allow: Arc::clone(&self.allow),
            #[cfg(feature = "sealed")]
            sealed: self.sealed.clone(),
            limits: self.limits.clone(),
        })?;
        harmless(&engine, &texts)?;
        engine.set_marks(texts.marks());
        let compiled = Compiled { engine, texts, labels, plan: Arc::clone(self) };
        let new: NewCore = Box::new(Box::default);
        Ok(Redactor { inner: Arc::new(Inner { compiled, pool: Pool::new(new) }) })
    }

    fn texts(&self, labels: &Labels) -> Texts {
        let choice = |name: &str| self.replacements.get(name).unwrap_or(&self.replacement).clone();
        let rules = self.rules.iter().map(|rule| (&*rule.id, choice(&rule.id)));
        let secrets = labels.0.iter().map(|(name, _)| (&**name, choice(name)));
        Texts::new(rules, secrets, choice(Replacement::FIELD))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("rules", &self.inner.compiled.engine.rules.len())
            .field("secrets", &self.inner.compiled.labels.0.len())
            .finish_non_exhaustive()
    }
}

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
        rules.into_iter().map(compiled).collect()
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

/// Text again, of bytes that were text before they were redacted.
pub(crate) fn text(redacted: Vec<u8>) -> String {
    String::from_utf8(redacted)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The index of all sealed sets, whose secrets get labels.
#[cfg(feature = "sealed")]
fn sealed(sets: &[(SealedSet, SealedKey)], labels: &mut Labels) -> Option<Arc<Sealed>> {
    let (_, key) = sets.first()?;
    let (mut index, mut known) = (SealedBuilder::new(key), Known::new());
    for (name, forms) in sets.iter().flat_map(|(set, _)| set.forms()) {
        let label = labels.index((Arc::from(name), None), &mut known);
        forms.iter().for_each(|&form| index.add(form, label));
    }
    Some(Arc::new(index.build()))
}

fn too_long(secret: &Secret, limits: &Limits) -> BuildError {
    let why = format!("its value is longer than {} bytes", limits.longest_secret);
    BuildError::secret(secret.name(), why)
}

/// Refuses replacements that would print a known secret.
fn harmless(engine: &Engine, texts: &Texts) -> Result<(), BuildError> {
    let printed = texts.marks().join(&b"\n"[..]);
    engine.secret_in(&printed).map_or(Ok(()), |at| {
        let from = printed[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let name = String::from_utf8_lossy(&printed[from..at]).into_owned();
        Err(BuildError::replacement(format_args!(
            "a text that begins with `{name}` holds a known secret; choose another replacement or leave that secret out"
        )))
    })
}

/// A known secret that is not looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    name: String,
    why: &'static str,
}

impl Warning {
    /// None: it is looked for.
    pub(crate) fn of(secret: &Secret) -> Option<Self> {
        let why = match kept(secret) {
            Kept::Yes => return None,
            Kept::Empty => "is empty",
            Kept::Short => "is shorter than 4 bytes and would be found everywhere",
            Kept::Common => "is a common word; force it if it really is a secret",
        };
        Some(Self { name: secret.name().to_owned(), why })
    }

    /// The secret's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with its value.
    pub fn why(&self) -> &str {
        self.why
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret `{}` is not looked for: its value {}", self.name, self.why)
    }
}
