//! Messages without secrets.

use crate::serve::fault::Fault;
use crate::structured::JsonStream;
use crate::{Finding, Observe, Redactor, Sink};

/// A message that stands alone.
pub(super) fn redacted(
    redactor: &Redactor,
    message: &[u8],
    found: &mut dyn FnMut(&Finding),
) -> Result<Vec<u8>, Fault> {
    let sink = Observe::new(Vec::with_capacity(message.len()), found);
    let mut stream = JsonStream::messages(redactor.clone(), sink);
    let read = stream.push(message).and_then(|()| stream.finish());
    Ok(read.map_err(|_| Fault::Internal)?.into_inner())
}

/// The lines of one connection, which are one text: a secret may span them.
pub(super) struct Lines {
    redactor: Redactor,
    stream: JsonStream<Ready>,
}

impl Lines {
    pub(super) fn new(redactor: &Redactor) -> Self {
        let stream = JsonStream::messages(redactor.clone(), Ready::default());
        Self { redactor: redactor.clone(), stream }
    }

    /// Reads a line with its end. With another set of secrets from here on, if `redactor` has one.
    pub(super) fn push(&mut self, redactor: &Redactor, line: &[u8]) -> Result<(), Fault> {
        if !self.redactor.is_same(redactor) {
            self.stream.adopt(redactor).map_err(|_| Fault::Internal)?;
            self.redactor = redactor.clone();
        }
        self.stream.push(line).map_err(|_| Fault::Internal)
    }

    /// Bytes that are decided, of lines that are not.
    pub(super) fn len(&mut self) -> usize {
        self.stream.sink().bytes.len()
    }

    /// Takes out the lines that are decided as a whole.
    pub(super) fn take(&mut self, found: &mut dyn FnMut(&Finding)) -> Vec<u8> {
        let ready = self.stream.sink();
        let end = memchr::memrchr2(b'\n', 0, &ready.bytes).map_or(0, |end| end + 1);
        ready.found.drain(..).for_each(|finding| found(&finding));
        let rest = ready.bytes.split_off(end);
        std::mem::replace(&mut ready.bytes, rest)
    }

    /// Says that the text is over; what is left of it.
    pub(super) fn finish(self, found: &mut dyn FnMut(&Finding)) -> Result<Vec<u8>, Fault> {
        let ready = self.stream.finish().map_err(|_| Fault::Internal)?;
        ready.found.iter().for_each(found);
        Ok(ready.bytes)
    }
}

/// What a stream has given, until somebody takes it.
#[derive(Debug, Default)]
struct Ready {
    bytes: Vec<u8>,
    found: Vec<Finding>,
}

impl Sink for Ready {
    fn clean(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn found(&mut self, finding: &Finding) {
        self.found.push(finding.clone());
    }
}
