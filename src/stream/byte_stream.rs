//! A `Stream` of `Bytes` that redacts: clean spans are slices of the input.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream as AsyncStream;

use super::{Sink, Stream};
use crate::Redactor;

/// Redacts the chunks of an inner stream. Errors of the inner stream pass through; the bytes held at its end follow.
///
/// A clean span of a chunk leaves as a slice of that chunk, not as a copy. Bytes that had to be held back over a
/// chunk's end are copied.
#[derive(Debug)]
pub struct RedactedStream<I> {
    inner: I,
    // None after the end.
    stream: Option<Stream<Segments>>,
    ready: VecDeque<Bytes>,
}

impl<I, E> RedactedStream<I>
where
    I: AsyncStream<Item = Result<Bytes, E>> + Unpin,
{
    /// A stream of `inner`'s chunks, redacted.
    pub fn new(redactor: &Redactor, inner: I) -> Self {
        Self { inner, stream: Some(redactor.stream(Segments::default())), ready: VecDeque::new() }
    }
}

impl<I, E> AsyncStream for RedactedStream<I>
where
    I: AsyncStream<Item = Result<Bytes, E>> + Unpin,
{
    type Item = Result<Bytes, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(bytes) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(bytes)));
            }
            let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
            match ready!(Pin::new(&mut this.inner).poll_next(cx)) {
                Some(Ok(chunk)) => {
                    stream.sink().chunk = chunk.clone();
                    stream.push(&chunk);
                    this.ready.extend(stream.sink().take());
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => this
                    .ready
                    .extend(this.stream.take().map(Stream::finish).unwrap_or_default().take()),
            }
        }
    }
}

/// A sink of segments: slices of the pushed chunk where it can be.
#[derive(Default)]
pub struct Segments {
    chunk: Bytes,
    segments: Vec<Bytes>,
}

impl std::fmt::Debug for Segments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} segments", self.segments.len())
    }
}

impl Segments {
    fn take(&mut self) -> Vec<Bytes> {
        self.chunk = Bytes::new();
        std::mem::take(&mut self.segments)
    }
}

impl Sink for Segments {
    fn clean(&mut self, bytes: &[u8]) {
        let inside = self.chunk.as_ptr_range();
        let slice = bytes.as_ptr_range();
        self.segments.push(if inside.start <= slice.start && slice.end <= inside.end {
            self.chunk.slice_ref(bytes)
        } else {
            Bytes::copy_from_slice(bytes)
        });
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.segments.push(Bytes::copy_from_slice(bytes));
    }
}
