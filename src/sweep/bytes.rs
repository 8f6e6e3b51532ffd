//! Bytes that are no text, or text in UTF-16: what is found in them is told of and stays, since they have a form that nobody
//! here knows, or could not be written without guessing.

use super::error::SweepError;
use super::sweeper::Pass;
use super::utf16::Utf16;
use super::visit::Visit;
use crate::{Confidence, Finding, Origin, Redactor, Sink, Span, Stream};

/// Where it stands, as reports have it.
pub(super) const PLACE: &str = "bytes that are no text";
const PLACE_UTF16: &str = "text in UTF-16";

/// Whether something that was found in bytes is more than chance: a known secret, or what a rule is sure of.
pub(super) fn is_sure(redactor: &Redactor, finding: &Finding) -> bool {
    finding.origin() == Origin::Secret
        || redactor.confidence(finding.name()).is_some_and(|sure| sure == Confidence::High)
}

/// The bytes of a file in order: [`push`](Self::push) them, then [`end`](Self::end).
pub(super) struct Bytes<'a, V> {
    pass: Pass<'a, V>,
    stream: Stream<Seen>,
    /// None of bytes that are no text.
    utf16: Option<Utf16>,
}

impl<'a, V: Visit> Bytes<'a, V> {
    /// Of a file that begins with `head`.
    pub(super) fn new(pass: Pass<'a, V>, head: &[u8]) -> Self {
        let stream = pass.sweeper.redactor.stream(Seen::default());
        Self { pass, stream, utf16: Utf16::of(head) }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), SweepError> {
        match &mut self.utf16 {
            Some(utf16) => self.stream.push(utf16.decoded(bytes).as_bytes()),
            None => self.stream.push(bytes),
        }
        let found = std::mem::take(&mut self.stream.sink().0);
        tell(&mut self.pass, &found, self.utf16.is_some());
        self.pass.goes_on()
    }

    pub(super) fn end(self) -> Pass<'a, V> {
        let Self { mut pass, stream, utf16 } = self;
        tell(&mut pass, &stream.finish().0, utf16.is_some());
        pass
    }
}

fn tell<V: Visit>(pass: &mut Pass<'_, V>, found: &[Finding], text: bool) {
    let (redactor, place) = (&pass.sweeper.redactor, if text { PLACE_UTF16 } else { PLACE });
    for finding in found.iter().filter(|finding| text || is_sure(redactor, finding)) {
        pass.leave_unseen(finding, place);
    }
}

/// What was found since it was looked.
#[derive(Default)]
struct Seen(Vec<Finding>);

impl Sink for Seen {
    fn clean(&mut self, _: &[u8]) {}

    fn removed(&mut self, _: Span) {}

    fn replaced(&mut self, _: &[u8]) {}

    fn found(&mut self, finding: &Finding) {
        self.0.push(finding.clone());
    }
}
