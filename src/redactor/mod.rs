//! The compiled redactor, and what it is made of.

mod builder;
mod plan;
mod warning;

use std::borrow::Cow;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use regex_automata::util::pool::Pool;

use crate::error::BuildError;
use crate::finding::{Finding, Origin};
use crate::replace::Texts;
use crate::rule::{CompiledRule, Rule};
use crate::scan::{Class, Engine, Region};
use crate::secret::Secret;
use crate::span::Span;
use crate::stream::{Clean, Core, Discard, Observe, Sink, Stream};
pub use builder::RedactorBuilder;
use plan::{Labels, Plan};
pub use warning::Warning;

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

    /// The rules that it looks for.
    ///
    /// ```
    /// let redactor = keepmum::Redactor::builder().builtin_rules().build()?;
    /// assert!(redactor.rules().any(|rule| rule.id == "github-pat"));
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.inner.compiled.plan.rules.iter().map(CompiledRule::rule)
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
        let name = Arc::from(crate::replace::Replacement::FIELD);
        Some((out, Finding { origin: Origin::Rule, name, span, fingerprint: print }))
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

/// Text again, of bytes that were text before they were redacted.
pub(crate) fn text(redacted: Vec<u8>) -> String {
    String::from_utf8(redacted)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
