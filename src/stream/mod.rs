//! The one stream that every surface is thin over: push chunks, finish, and the sink gets redacted bytes.

mod adapter;
#[cfg(feature = "tokio")]
mod async_io;
#[cfg(feature = "tokio")]
mod byte_stream;
#[cfg(feature = "tokio")]
mod codec;
mod core;
mod read;
mod sink;
mod write;

#[cfg(feature = "tokio")]
pub use async_io::{AsyncReader, AsyncWriter};
#[cfg(feature = "tokio")]
pub use byte_stream::{RedactedStream, Segments};
#[cfg(feature = "tokio")]
pub use codec::{Decoder, Encoded, Encoder};
pub(crate) use core::{Clean, Core};
pub use read::Reader;
pub use sink::{Discard, Observe, Sink};
pub use write::Writer;

use crate::Redactor;

/// A stream being redacted: [`push`](Self::push) chunks, [`finish`](Self::finish) at the end.
///
/// However the input is cut into chunks, the bytes that the sink gets are the same. Bytes are held back only while a
/// candidate can still claim them; dropping a stream without `finish` drops them: they never leave unredacted.
///
/// ```
/// use keepmum::Redactor;
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let mut out = Vec::new();
/// let mut stream = redactor.stream(&mut out);
/// stream.push(b"password: correct");
/// stream.push(b" horse!");
/// stream.finish();
/// assert_eq!(out, b"password: [REDACTED:db]!");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub struct Stream<S: Sink> {
    redactor: Redactor,
    core: Core,
    sink: S,
}

impl<S: Sink> Stream<S> {
    pub(crate) fn new(redactor: Redactor, sink: S) -> Self {
        Self { redactor, core: Core::default(), sink }
    }

    /// Reads `chunk`; everything that is decided by now goes to the sink.
    pub fn push(&mut self, chunk: &[u8]) {
        self.core.push(self.redactor.compiled(), chunk, &mut self.sink);
    }

    /// Says that the input pauses: a held beginning of a possible secret is let go if it is shorter than
    /// [`Limits::released`](crate::Limits::released), so that a prompt such as `pass` shows. Its candidate stays alive:
    /// if it completes, the rest is redacted. Never called by the stream itself.
    pub fn release(&mut self) {
        self.core.release(self.redactor.compiled(), &mut self.sink);
    }

    /// Goes over to another set of known secrets: `redactor` was made from this stream's by
    /// [`Redactor::with_secrets`]. Bytes that are still held are looked through again with the new set, and a new secret
    /// whose first bytes have left already is redacted from here on.
    ///
    /// ```
    /// use keepmum::{Redactor, Secret};
    ///
    /// let old = Redactor::builder().build()?;
    /// let mut stream = old.stream(Vec::new());
    /// stream.push(b"early correct horse, ");
    /// stream.adopt(&old.with_secrets(vec![Secret::new("pw", "correct horse")])?)?;
    /// stream.push(b"late correct horse");
    /// assert_eq!(stream.finish(), b"early correct horse, late [REDACTED:pw]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unrelated`] if it was not; the stream goes on as before.
    pub fn adopt(&mut self, redactor: &Redactor) -> Result<(), Unrelated> {
        if !self.redactor.is_related(redactor) {
            return Err(Unrelated);
        }
        self.redactor = redactor.clone();
        self.core.adopt(self.redactor.compiled());
        Ok(())
    }

    /// Says that the input is over, and returns the sink.
    pub fn finish(mut self) -> S {
        self.core.finish(self.redactor.compiled(), &mut self.sink);
        self.sink
    }

    /// How many bytes are held back now.
    pub fn held(&self) -> usize {
        self.core.held()
    }

    /// Offset before which everything was given to the sink or replaced.
    pub fn decided(&self) -> u64 {
        self.core.printed()
    }

    /// The sink.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }
}

/// A redactor was not made from the stream's own by [`Redactor::with_secrets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unrelated;

impl std::fmt::Display for Unrelated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the redactor was not made from the stream's own with other secrets")
    }
}

impl std::error::Error for Unrelated {}

impl<S: Sink + std::fmt::Debug> std::fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("held", &self.held())
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}
