//! A stream with a buffer of bytes that are ready: what the reading and writing adapters share.

use super::Stream;
use crate::Redactor;

/// Bytes go in by [`push`](Self::push) and come out redacted.
#[derive(Debug)]
pub(super) struct Buffered {
    // None after the end.
    stream: Option<Stream<Ready>>,
    ready: Ready,
    // Bytes of `ready` that were taken.
    taken: usize,
}

/// Redacted bytes; `Debug` shows how many.
#[derive(Default)]
pub(super) struct Ready(Vec<u8>);

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl super::Sink for Ready {
    fn clean(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl Buffered {
    pub(super) fn new(redactor: &Redactor) -> Self {
        Self { stream: Some(redactor.stream(Ready::default())), ready: Ready::default(), taken: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.make_room();
        let Some(stream) = &mut self.stream else { return };
        std::mem::swap(stream.sink(), &mut self.ready);
        stream.push(bytes);
        std::mem::swap(stream.sink(), &mut self.ready);
    }

    pub(super) fn finish(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        self.make_room();
        std::mem::swap(stream.sink(), &mut self.ready);
        self.ready = stream.finish();
    }

    pub(super) fn is_finished(&self) -> bool {
        self.stream.is_none()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == self.ready.0.len()
    }

    pub(super) fn ready(&self) -> &[u8] {
        &self.ready.0[self.taken..]
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.taken += count;
    }

    /// Copies what fits into `out` and returns how much.
    pub(super) fn take(&mut self, out: &mut [u8]) -> usize {
        let count = self.ready().len().min(out.len());
        out[..count].copy_from_slice(&self.ready()[..count]);
        self.consume(count);
        count
    }

    fn make_room(&mut self) {
        self.ready.0.drain(..self.taken);
        self.taken = 0;
    }
}
