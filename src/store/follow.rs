//! Streams that go over to a new set while they run.

use std::fmt;

use super::secret_store::SecretStore;
use crate::{Redactor, Sink, Stream};

/// Tells who runs a stream of his own when there is a newer set.
///
/// ```
/// use keepmum::{Redactor, Secret, store::SecretStore};
///
/// let store = SecretStore::builder(Redactor::builder().build()?).open()?;
/// let (mut follower, mut stream) = store.follow(Vec::new());
/// store.add(Secret::new("pw", "correct horse"))?;
/// if let Some(redactor) = follower.newer() {
///     stream.adopt(&redactor)?;
/// }
/// stream.push(b"correct horse");
/// assert_eq!(stream.finish(), b"[REDACTED:pw]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Follower {
    store: SecretStore,
    generation: u64,
}

impl Follower {
    pub(super) fn new(store: SecretStore, generation: u64) -> Self {
        Self { store, generation }
    }

    /// The set in force, if it is newer than the one that was given last. Costs one atomic read if not.
    pub fn newer(&mut self) -> Option<Redactor> {
        if self.store.counts().generation() == self.generation {
            return None;
        }
        let (generation, redactor) = self.store.current();
        self.generation = generation;
        Some(redactor)
    }

    /// The number of the set that was given last.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// A [`Stream`] that goes over to a new set of its [`SecretStore`] at its next call: bytes that it holds are looked
/// through again.
///
/// While it lives the store is kept fresh.
pub struct FreshStream<S: Sink> {
    stream: Stream<S>,
    follower: Follower,
}

impl<S: Sink> FreshStream<S> {
    pub(super) fn new(stream: Stream<S>, follower: Follower) -> Self {
        Self { stream, follower }
    }

    /// As [`Stream::push`], with the set in force.
    pub fn push(&mut self, chunk: &[u8]) {
        self.follow();
        self.stream.push(chunk);
    }

    /// As [`Stream::release`], with the set in force.
    pub fn release(&mut self) {
        self.follow();
        self.stream.release();
    }

    /// As [`Stream::finish`], with the set in force.
    pub fn finish(mut self) -> S {
        self.follow();
        self.stream.finish()
    }

    /// As [`Stream::held`].
    pub fn held(&self) -> usize {
        self.stream.held()
    }

    /// As [`Stream::decided`].
    pub fn decided(&self) -> u64 {
        self.stream.decided()
    }

    /// The sink.
    pub fn sink(&mut self) -> &mut S {
        self.stream.sink()
    }

    /// The number of the set that the stream works with.
    pub fn generation(&self) -> u64 {
        self.follower.generation()
    }

    fn follow(&mut self) {
        if let Some(redactor) = self.follower.newer() {
            self.stream.adopt(&redactor).expect("all sets of a store are made from one redactor");
        }
    }
}

impl<S: Sink + fmt::Debug> fmt::Debug for FreshStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshStream")
            .field("stream", &self.stream)
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}
