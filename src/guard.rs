//! What adapters redact with.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

#[cfg(any(feature = "fields", feature = "prompt", feature = "serve"))]
use crate::Finding;
use crate::Redactor;
use crate::observer::{Observer, Surface};
#[cfg(feature = "store")]
use crate::store::SecretStore;

/// Stands at an exit of the process: the redactor that is in force now, and who is told what it does. Cheap to clone.
///
/// Made from a [`Redactor`], it keeps that one. Made from a [`SecretStore`](crate::store::SecretStore), it uses the set in
/// force at each call, so that what is built around it stays when secrets change.
///
/// ```
/// use keepmum::{Guard, Redactor, Secret, Surface, store::SecretStore};
///
/// let store = SecretStore::builder(Redactor::builder().build()?).open()?;
/// let guard = Guard::from(store.clone());
/// store.add(Secret::new("pw", "correct horse"))?;
/// assert_eq!(guard.redact_str(Surface::MESSAGE, "correct horse"), "[REDACTED:pw]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Guard {
    in_force: InForce,
    observer: Option<Arc<dyn Observer>>,
}

#[derive(Clone)]
enum InForce {
    Always(Redactor),
    #[cfg(feature = "store")]
    Now(SecretStore),
}

impl Guard {
    /// Tells `observer` what is scanned and redacted.
    ///
    /// ### Default
    ///
    /// Nobody is told, and no clock is read.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// As [`Redactor::redact`], with the set in force.
    pub fn redact<'a>(&self, surface: Surface, input: &'a [u8]) -> Cow<'a, [u8]> {
        self.timed(surface, input.len(), |redactor| self.look(redactor, surface, input))
    }

    /// As [`Redactor::redact_str`], with the set in force.
    pub fn redact_str<'a>(&self, surface: Surface, input: &'a str) -> Cow<'a, str> {
        match self.redact(surface, input.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(input),
            Cow::Owned(out) => Cow::Owned(crate::redactor::text(out)),
        }
    }

    /// A part of what [`timed`](Self::timed) does.
    pub(crate) fn look<'a>(
        &self,
        redactor: &Redactor,
        surface: Surface,
        input: &'a [u8],
    ) -> Cow<'a, [u8]> {
        match &self.observer {
            None => redactor.redact(input),
            Some(observer) => {
                redactor.redact_observed(input, |finding| observer.redacted(surface, finding))
            }
        }
    }

    /// Says that so many bytes are held back now.
    #[cfg(feature = "tracing")]
    pub(crate) fn hold(&self, surface: Surface, bytes: u64) {
        if let Some(observer) = &self.observer {
            observer.held(surface, bytes);
        }
    }

    /// Says that something was redacted.
    #[cfg(any(feature = "fields", feature = "prompt", feature = "serve"))]
    pub(crate) fn observe(&self, surface: Surface, finding: &Finding) {
        if let Some(observer) = &self.observer {
            observer.redacted(surface, finding);
        }
    }

    /// Does something with the set in force.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&Redactor) -> T) -> T {
        match &self.in_force {
            InForce::Always(redactor) => run(redactor),
            #[cfg(feature = "store")]
            InForce::Now(store) => store.with(run),
        }
    }

    /// The set in force, with its number and the values that it knows. None of them is told by a redactor that was given.
    #[cfg(feature = "prompt")]
    pub(crate) fn known(&self) -> (u64, Redactor, Vec<crate::Secret>) {
        match &self.in_force {
            InForce::Always(redactor) => (0, redactor.clone(), Vec::new()),
            InForce::Now(store) => store.known(),
        }
    }

    /// The number of the set in force.
    #[cfg(feature = "prompt")]
    pub(crate) fn generation(&self) -> u64 {
        match &self.in_force {
            InForce::Always(_) => 0,
            InForce::Now(store) => store.generation(),
        }
    }

    /// The same for something that looks through `bytes`.
    pub(crate) fn timed<T>(
        &self,
        surface: Surface,
        bytes: usize,
        run: impl FnOnce(&Redactor) -> T,
    ) -> T {
        let Some(observer) = &self.observer else { return self.with(run) };
        let started = Instant::now();
        let done = self.with(run);
        observer.scanned(surface, bytes as u64, started.elapsed());
        done
    }
}

/// Values that stand in fields with names.
#[cfg(feature = "fields")]
impl Guard {
    /// The value of a field called `name`: hidden as a whole if `names` says so, or else as [`redact_str`](Self::redact_str),
    /// also of `name=value`, since a name can tell a rule what its value is.
    ///
    /// ```
    /// use keepmum::{Guard, Names, Redactor, Surface};
    ///
    /// let guard = Guard::from(Redactor::builder().build()?);
    /// let names = Names::default();
    /// assert_eq!(guard.redact_field(Surface::MESSAGE, &names, "db.password", "horse"), "[REDACTED:field]");
    /// assert_eq!(guard.redact_field(Surface::MESSAGE, &names, "animal", "horse"), "horse");
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    pub fn redact_field<'a>(
        &self,
        surface: Surface,
        names: &crate::Names,
        name: &str,
        value: &'a str,
    ) -> Cow<'a, str> {
        let new = self.timed(surface, value.len(), |redactor| {
            if names.tells(name) {
                return self.hide(redactor, surface, value.as_bytes());
            }
            let alone = match self.look(redactor, surface, value.as_bytes()) {
                Cow::Borrowed(_) => None,
                Cow::Owned(new) => Some(new),
            };
            let named = [name, "=", value].concat();
            self.behind_name(redactor, surface, (named.as_bytes(), name.len() + 1), alone)
        });
        new.map_or(Cow::Borrowed(value), |new| Cow::Owned(crate::redactor::text(new)))
    }

    /// What becomes of the value in `named`, which is a name of `name` bytes and the value behind it. `alone` is what became
    /// of the value alone, if that changed: together with its name it may be a secret that it is not alone, but never less
    /// of one.
    pub(crate) fn behind_name(
        &self,
        redactor: &Redactor,
        surface: Surface,
        (named, name): (&[u8], usize),
        alone: Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let name = &named[..name];
        let named = match &alone {
            Some(alone) => &[name, alone].concat(),
            None => named,
        };
        match self.look(redactor, surface, named) {
            Cow::Borrowed(_) => alone,
            // What begins in the name takes the name with it.
            Cow::Owned(new) => Some(new.strip_prefix(name).map(<[u8]>::to_vec).unwrap_or(new)),
        }
    }

    /// What stands for `value` because its field has a telling name. None if it is hidden already.
    pub(crate) fn hide(
        &self,
        redactor: &Redactor,
        surface: Surface,
        value: &[u8],
    ) -> Option<Vec<u8>> {
        let (hidden, finding) = redactor.hide_field(value)?;
        self.observe(surface, &finding);
        Some(hidden)
    }
}

impl From<Redactor> for Guard {
    fn from(redactor: Redactor) -> Self {
        Self { in_force: InForce::Always(redactor), observer: None }
    }
}

#[cfg(feature = "store")]
impl From<SecretStore> for Guard {
    fn from(store: SecretStore) -> Self {
        Self { in_force: InForce::Now(store), observer: None }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("redactor", &self.with(Redactor::clone))
            .finish_non_exhaustive()
    }
}
