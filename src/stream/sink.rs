//! Where redacted bytes go.

use crate::Span;
use crate::finding::Finding;

/// Receives redacted bytes, in order.
///
/// A sink never fails: one that writes to something that can keeps the error and gives it to its owner.
pub trait Sink {
    /// Bytes of the input that are not redacted. They are a part of the chunk that was pushed, not a copy, unless they
    /// had to be held back before.
    fn clean(&mut self, bytes: &[u8]);

    /// Bytes of the input that are taken out. What stands for them follows; nothing does for what belongs to a redaction
    /// before it, such as the rest of a secret behind a colour code in its middle.
    fn removed(&mut self, span: Span) {
        let _ = span;
    }

    /// What is printed in place of a secret, possibly in several pieces.
    fn replaced(&mut self, bytes: &[u8]);

    /// What was redacted, after its replacement.
    fn found(&mut self, finding: &Finding) {
        let _ = finding;
    }
}

impl Sink for Vec<u8> {
    fn clean(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn clean(&mut self, bytes: &[u8]) {
        (**self).clean(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        (**self).replaced(bytes);
    }

    fn removed(&mut self, span: Span) {
        (**self).removed(span);
    }

    fn found(&mut self, finding: &Finding) {
        (**self).found(finding);
    }
}

/// A sink that drops the bytes, for when only the findings count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Sink for Discard {
    fn clean(&mut self, _: &[u8]) {}

    fn replaced(&mut self, _: &[u8]) {}
}

/// A sink that passes bytes on to another and findings to a function.
///
/// ```
/// use keepmum::{Observe, Redactor};
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let mut spans = Vec::new();
/// let mut stream = redactor.stream(Observe::new(Vec::new(), |finding| spans.push(finding.span())));
/// stream.push(b"correct horse");
/// let out = stream.finish().into_inner();
/// assert_eq!((out.as_slice(), spans.len()), (&b"[REDACTED:db]"[..], 1));
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Observe<S, F> {
    inner: S,
    observer: F,
}

impl<S: Sink, F: FnMut(&Finding)> Observe<S, F> {
    /// Passes bytes to `inner` and findings to `observer`.
    pub fn new(inner: S, observer: F) -> Self {
        Self { inner, observer }
    }

    /// The sink inside.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// The sink inside.
    pub fn inner(&mut self) -> &mut S {
        &mut self.inner
    }
}

impl<S: Sink, F: FnMut(&Finding)> Sink for Observe<S, F> {
    fn clean(&mut self, bytes: &[u8]) {
        self.inner.clean(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.inner.replaced(bytes);
    }

    fn removed(&mut self, span: Span) {
        self.inner.removed(span);
    }

    fn found(&mut self, finding: &Finding) {
        (self.observer)(finding);
        self.inner.found(finding);
    }
}
