//! Text, as the one stream looks through it, with the bytes that it takes out.

use zeroize::Zeroizing;

use super::error::SweepError;
use super::sweeper::Pass;
use super::visit::Visit;
use crate::{Finding, Origin, Sink, Span, Stream};

/// A run of text within a file: [`push`](Self::push) its bytes, then [`end`](Self::end).
pub(super) struct Run<'a, V: Visit>(Stream<Taken<'a, V>>);

impl<'a, V: Visit> Run<'a, V> {
    pub(super) fn begin(pass: Pass<'a, V>) -> Self {
        let redactor = pass.sweeper.redactor.clone();
        let taken = Taken { pass, raw: Zeroizing::default(), settled: 0, last: None, base: 0 };
        Self(redactor.stream(taken))
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), SweepError> {
        self.0.sink().raw.extend_from_slice(bytes);
        self.0.push(bytes);
        let taken = self.0.sink();
        taken.settle();
        let longest = taken.pass.longest();
        if taken.raw.len() > longest {
            return Err(SweepError::too_long("one secret", longest));
        }
        taken.pass.goes_on()
    }

    pub(super) fn pass(&mut self) -> &mut Pass<'a, V> {
        &mut self.0.sink().pass
    }

    pub(super) fn end(self) -> Pass<'a, V> {
        let mut taken = self.0.finish();
        taken.settle();
        taken.pass
    }
}

/// The sink of a run. The stream tells where something was taken out; what it was stands in what was pushed.
///
/// Invariant: `raw` is what was pushed from `base` on, and `base <= settled`.
struct Taken<'a, V: Visit> {
    pass: Pass<'a, V>,
    raw: Zeroizing<Vec<u8>>,
    base: u64,
    /// What stands before is shown, but for `last`.
    settled: u64,
    /// What was taken out last, while more may be told of it.
    last: Option<Cut>,
}

struct Cut {
    span: Span,
    printed: Vec<u8>,
    finding: Option<Finding>,
}

impl<V: Visit> Taken<'_, V> {
    /// Shows what was taken out last.
    fn show(&mut self) {
        let Some(Cut { span, printed, finding }) = self.last.take() else { return };
        let at = |offset: u64| (offset - self.base) as usize;
        let value = &self.raw[at(span.start())..at(span.end())];
        let mut with = match &finding {
            // A gap is marked with its length.
            Some(finding) if finding.origin() == Origin::Limit => printed,
            Some(finding) => {
                let sweeper = self.pass.sweeper;
                let (redactor, name) = (&sweeper.redactor, finding.name());
                sweeper.rest.stands_for(redactor, name, value, &printed)
            }
            // It belongs to what was taken out before it.
            None => Vec::new(),
        };
        line_ends(value, &mut with);
        self.pass.change(value, &with, finding.as_ref());
    }

    /// Shows what is decided, and forgets its bytes.
    fn settle(&mut self) {
        self.show();
        self.raw.drain(..(self.settled - self.base) as usize);
        self.base = self.settled;
    }
}

impl<V: Visit> Sink for Taken<'_, V> {
    fn clean(&mut self, bytes: &[u8]) {
        self.show();
        self.pass.kept(bytes);
        self.settled += bytes.len() as u64;
    }

    fn removed(&mut self, span: Span) {
        self.show();
        self.settled = span.end();
        self.last = Some(Cut { span, printed: Vec::new(), finding: None });
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.last.iter_mut().for_each(|cut| cut.printed.extend_from_slice(bytes));
    }

    fn found(&mut self, finding: &Finding) {
        self.last.iter_mut().for_each(|cut| cut.finding = Some(finding.clone()));
    }
}

/// Adds the line ends of `value`: a file keeps its lines, so that whoever counts them, a reader that has come so far or a
/// message with a place in it, is led where it was before. They stand behind the placeholder, so that what stands before
/// the secret still says what it was.
fn line_ends(value: &[u8], with: &mut Vec<u8>) {
    for at in memchr::memchr_iter(b'\n', value) {
        let returns = at > 0 && value[at - 1] == b'\r';
        with.extend_from_slice(if returns { b"\r\n" } else { b"\n" });
    }
}
