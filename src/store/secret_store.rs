//! The store and its builder.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use fastrand::Rng;

use super::asked::Asked;
use super::counts::Counts;
use super::driver::{Driver, Runner};
use super::error::StoreError;
use super::event::Event;
use super::follow::{Follower, FreshStream};
use super::keeper::Keeper;
use super::policy::Policy;
use super::shared::{Observer, Shared};
use crate::source::Source;
use crate::{BuildError, Redactor, Secret, Sink, Stream};

/// Known secrets from sources, kept fresh by a thread of its own. Cheap to clone; the thread ends with the last clone and
/// the last stream.
///
/// ```
/// use keepmum::Secret;
/// use keepmum::Redactor;
/// use keepmum::source::{Fetched, Source, SourceError};
/// use keepmum::store::{Policy, SecretStore};
///
/// struct Vault;
///
/// impl Source for Vault {
///     fn name(&self) -> &str {
///         "vault"
///     }
///
///     fn fetch(&mut self) -> Result<Fetched, SourceError> {
///         Ok(Fetched::new(vec![Secret::new("db-password", "correct horse")]))
///     }
/// }
///
/// let store = SecretStore::builder(Redactor::builder().builtin_rules().build()?)
///     .source(Box::new(Vault), Policy::new())
///     .observer(|event| assert!(!event.to_string().contains("correct horse")))
///     .open()?;
/// let mut stream = store.stream(Vec::new());
/// stream.push(b"pw: correct horse, ");
/// store.add(Secret::new("pin", "battery staple"))?;
/// stream.push(b"pin: battery staple");
/// assert_eq!(stream.finish(), b"pw: [REDACTED:db-password], pin: [REDACTED:pin]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SecretStore {
    shared: Arc<Shared>,
    driver: Arc<Driver>,
}

impl SecretStore {
    /// A store whose sets are made of `redactor` by [`Redactor::with_secrets`]: its rules, its replacements, its limits.
    /// Secrets that it knows are not taken over; give them to [`StoreBuilder::secrets`].
    pub fn builder(redactor: Redactor) -> StoreBuilder {
        StoreBuilder {
            redactor,
            fixed: Vec::new(),
            sources: Vec::new(),
            observer: Box::new(|_| {}),
        }
    }

    /// The set in force. Takes no lock; what was given stays as it is, so ask again for each input.
    pub fn redactor(&self) -> Redactor {
        self.current().1
    }

    /// Does something with the set in force, without taking a share in it: threads that do so do not meet.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&Redactor) -> T) -> T {
        self.shared.with(run)
    }

    /// A stream that goes over to a new set at its next push.
    pub fn stream<S: Sink>(&self, sink: S) -> FreshStream<S> {
        let (follower, stream) = self.follow(sink);
        FreshStream::new(stream, follower)
    }

    /// A stream with the set in force, and what tells when there is a newer one.
    pub fn follow<S: Sink>(&self, sink: S) -> (Follower, Stream<S>) {
        let (generation, redactor) = self.current();
        (Follower::new(self.clone(), generation), redactor.stream(sink))
    }

    /// Covers one more secret, for good. Once it returns, no stream lets a byte of it pass that it had not let pass before.
    ///
    /// # Errors
    ///
    /// As [`Redactor::with_secrets`]; the old set stays.
    pub fn add(&self, secret: Secret) -> Result<(), BuildError> {
        self.shared.turn(Instant::now(), |keeper| keeper.add(secret))
    }

    /// Asks every source again, now. Returns at once; the observer hears what came of it.
    pub fn refresh_now(&self) {
        self.driver.refresh_now();
    }

    /// Counters, for whoever watches the process.
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// Reads a counter for as long as something else keeps the store.
    #[cfg(feature = "otel")]
    pub(crate) fn reading<T: 'static>(
        &self,
        read: fn(&Counts) -> T,
    ) -> impl Fn() -> Option<T> + Send + Sync + use<T> {
        let shared = Arc::downgrade(&self.shared);
        move || shared.upgrade().map(|shared| read(&shared.counts))
    }

    /// The set in force, with its number and all that it covers.
    #[cfg(feature = "prompt")]
    pub(crate) fn known(&self) -> (u64, Redactor, Vec<Secret>) {
        self.shared.keeper(|keeper| keeper.known())
    }

    /// The number of the set in force.
    pub fn generation(&self) -> u64 {
        self.current().0
    }

    pub(super) fn current(&self) -> (u64, Redactor) {
        self.shared.current()
    }
}

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretStore").field("counts", self.counts()).finish_non_exhaustive()
    }
}

/// Collects the sources of a [`SecretStore`].
pub struct StoreBuilder {
    redactor: Redactor,
    fixed: Vec<Secret>,
    sources: Vec<(Box<dyn Source>, Policy)>,
    observer: Observer,
}

impl StoreBuilder {
    /// Adds secrets that stay as they are.
    #[must_use]
    pub fn secrets(mut self, secrets: Vec<Secret>) -> Self {
        self.fixed.extend(secrets);
        self
    }

    /// Adds a source.
    #[must_use]
    pub fn source(mut self, source: Box<dyn Source>, policy: Policy) -> Self {
        self.sources.push((source, policy));
        self
    }

    /// Who is told what happens, from whichever thread it happens in. It should be quick: the next refresh waits for it.
    ///
    /// ### Default
    ///
    /// Nobody.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Asks every source, all at once, and makes generation 1.
    ///
    /// # Errors
    ///
    /// A source that is not [optional](Policy::optional) gives nothing, or no set can be made of what they give.
    pub fn open(self) -> Result<SecretStore, StoreError> {
        let (sources, policies): (Vec<_>, Vec<_>) =
            self.sources.into_iter().map(|(source, policy)| (Asked::new(source), policy)).unzip();
        let names: Vec<Arc<str>> = sources.iter().map(|source| source.name().into()).collect();
        let runner = Runner::new(sources);
        let first = names.into_iter().zip(policies).zip(runner.fetch_all());
        let first = first.map(|((name, policy), fetched)| (name, policy, fetched)).collect();
        let now = Instant::now();
        let (keeper, turn) = Keeper::open(self.redactor, self.fixed, first, now, Rng::new())?;
        let shared = Arc::new(Shared::new(keeper, turn, self.observer, now));
        let driver = runner.start(Arc::clone(&shared))?;
        Ok(SecretStore { shared, driver: Arc::new(driver) })
    }
}

impl fmt::Debug for StoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBuilder")
            .field("secrets", &self.fixed)
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}
