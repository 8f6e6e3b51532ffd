//! What redacts an input: with the set that was read at the start, or with one that is kept fresh.

use keepmum::store::{Follower, FreshStream, SecretStore};
use keepmum::structured::JsonStream;
use keepmum::{Discard, Redactor, Sink, Stream};

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

    pub(crate) fn stream<S: Sink>(&self, shape: Shape, sink: S) -> Passing<S> {
        match (self, shape) {
            (Known::Fixed(redactor), Shape::Bytes) => Passing::Fixed(redactor.stream(sink)),
            (Known::Kept(store), Shape::Bytes) => Passing::Fresh(store.stream(sink)),
            (Known::Fixed(redactor), Shape::Json) => {
                Passing::Json(Box::new(JsonStream::lines(redactor.clone(), sink)), None)
            }
            (Known::Kept(store), Shape::Json) => {
                let (follower, _) = store.follow(Discard);
                let stream = JsonStream::lines(store.redactor(), sink);
                Passing::Json(Box::new(stream), Some(follower))
            }
        }
    }
}

/// What inputs are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    #[default]
    Bytes,
    /// JSON, or lines of it among others.
    Json,
}

/// One input's stream.
pub(crate) enum Passing<S: Sink> {
    Fixed(Stream<S>),
    Fresh(FreshStream<S>),
    /// With what tells of a newer set, if there can be one.
    Json(Box<JsonStream<S>>, Option<Follower>),
}

impl<S: Sink> Passing<S> {
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        match self {
            Passing::Fixed(stream) => stream.push(chunk),
            Passing::Fresh(stream) => stream.push(chunk),
            Passing::Json(stream, follower) => {
                follow(stream, follower);
                stream.push(chunk).expect("lines that are no JSON are text");
            }
        }
    }

    pub(crate) fn release(&mut self) {
        match self {
            Passing::Fixed(stream) => stream.release(),
            Passing::Fresh(stream) => stream.release(),
            // Who prompts does not do so in JSON.
            Passing::Json(..) => {}
        }
    }

    pub(crate) fn finish(self) -> S {
        match self {
            Passing::Fixed(stream) => stream.finish(),
            Passing::Fresh(stream) => stream.finish(),
            Passing::Json(mut stream, mut follower) => {
                follow(&mut stream, &mut follower);
                stream.finish().expect("lines that are no JSON are text")
            }
        }
    }

    pub(crate) fn decided(&self) -> u64 {
        match self {
            Passing::Fixed(stream) => stream.decided(),
            Passing::Fresh(stream) => stream.decided(),
            Passing::Json(stream, _) => stream.decided(),
        }
    }

    pub(crate) fn sink(&mut self) -> &mut S {
        match self {
            Passing::Fixed(stream) => stream.sink(),
            Passing::Fresh(stream) => stream.sink(),
            Passing::Json(stream, _) => stream.sink(),
        }
    }
}

/// Goes over to the set in force.
fn follow<S: Sink>(stream: &mut JsonStream<S>, follower: &mut Option<Follower>) {
    if let Some(redactor) = follower.as_mut().and_then(Follower::newer) {
        stream.adopt(&redactor).expect("all sets of a store are made from one redactor");
    }
}
