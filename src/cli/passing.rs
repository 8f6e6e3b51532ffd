//! What redacts an input: with the set that was read at the start, or with one that is kept fresh.

use keepmum::store::{FreshStream, SecretStore};
use keepmum::{Redactor, Sink, Stream};

/// Known secrets and rules for every input.
#[derive(Clone)]
pub(crate) enum Known {
    /// Nothing of it can change while the program runs.
    Fixed(Redactor),
    /// Its sources are asked again.
    Kept(SecretStore),
}

impl Known {
    /// The set in force.
    pub(crate) fn redactor(&self) -> Redactor {
        match self {
            Known::Fixed(redactor) => redactor.clone(),
            Known::Kept(store) => store.redactor(),
        }
    }

    /// Has every source asked again, if they are kept.
    pub(crate) fn refresh_now(&self) {
        if let Known::Kept(store) = self {
            store.refresh_now();
        }
    }

    pub(crate) fn stream<S: Sink>(&self, sink: S) -> Passing<S> {
        match self {
            Known::Fixed(redactor) => Passing::Fixed(redactor.stream(sink)),
            Known::Kept(store) => Passing::Fresh(store.stream(sink)),
        }
    }
}

/// One input's stream.
pub(crate) enum Passing<S: Sink> {
    Fixed(Stream<S>),
    Fresh(FreshStream<S>),
}

impl<S: Sink> Passing<S> {
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        match self {
            Passing::Fixed(stream) => stream.push(chunk),
            Passing::Fresh(stream) => stream.push(chunk),
        }
    }

    pub(crate) fn release(&mut self) {
        match self {
            Passing::Fixed(stream) => stream.release(),
            Passing::Fresh(stream) => stream.release(),
        }
    }

    pub(crate) fn finish(self) -> S {
        match self {
            Passing::Fixed(stream) => stream.finish(),
            Passing::Fresh(stream) => stream.finish(),
        }
    }

    pub(crate) fn decided(&self) -> u64 {
        match self {
            Passing::Fixed(stream) => stream.decided(),
            Passing::Fresh(stream) => stream.decided(),
        }
    }

    pub(crate) fn sink(&mut self) -> &mut S {
        match self {
            Passing::Fixed(stream) => stream.sink(),
            Passing::Fresh(stream) => stream.sink(),
        }
    }
}
