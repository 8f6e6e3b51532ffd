//! JSON in, the same JSON without secrets out.

use std::fmt;

use super::malformed::Malformed;
use super::reader::{Otherwise, Reader};
use super::splicer::Splicer;
use crate::stream::Core;
use crate::{Redactor, Sink, Unrelated};

/// How deep containers are followed, if nobody says otherwise.
const DEEPEST: usize = 1024;

/// Bytes of a chunk that are read before what is decided of them goes: marks take up to 24 times as much.
const AT_ONCE: usize = 64 << 10;

/// JSON being redacted: [`push`](Self::push) chunks, [`finish`](Self::finish) at the end.
///
/// Only bytes inside strings, and numbers, change: all others stay, to the order of keys, white space, and the spelling of
/// numbers and escapes. What is looked through is the text with its strings decoded, so that it does not matter how a secret
/// is spelled; what stands for it is escaped again. A number with a secret in its digits becomes a string. A secret that spans
/// strings is taken out of each.
///
/// One document may follow another, so lines of JSON are one input. However it is cut into chunks, the output is the same.
///
/// ```
/// use keepmum::{Redactor, structured::JsonStream};
///
/// let redactor = Redactor::builder().secret("db", "correct \"horse\"")?.build()?;
/// let mut stream = JsonStream::new(redactor, Vec::new());
/// stream.push(br#"{ "pw" : "correct \u0022horse\"", "n":1.0 }"#)?;
/// assert_eq!(stream.finish()?, br#"{ "pw" : "[REDACTED:db]", "n":1.0 }"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JsonStream<S: Sink> {
    redactor: Redactor,
    core: Core,
    reader: Reader,
    splicer: Splicer,
    sink: S,
    failed: Option<Malformed>,
}

impl<S: Sink> JsonStream<S> {
    /// A stream whose redacted bytes go to `sink`. What is no JSON is refused.
    pub fn new(redactor: Redactor, sink: S) -> Self {
        Self::with(redactor, sink, Otherwise::Refused)
    }

    /// The same for logs: what is no JSON is text to the end of its line, and is redacted as such. Nothing is refused. Behind
    /// `data:` at the beginning of a line JSON may stand, as in a stream of events.
    ///
    /// ```
    /// use keepmum::{Redactor, structured::JsonStream};
    ///
    /// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
    /// let mut stream = JsonStream::lines(redactor, Vec::new());
    /// stream.push(b"{\"pw\":\"correct horse\"}\nno JSON, correct horse\n")?;
    /// assert_eq!(stream.finish()?, b"{\"pw\":\"[REDACTED:db]\"}\nno JSON, [REDACTED:db]\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lines(redactor: Redactor, sink: S) -> Self {
        Self::with(redactor, sink, Otherwise::Text)
    }

    /// The same for messages of a log, which have something before their JSON: a time, a name, `@cee:`. Behind a blank or a
    /// colon an object may begin. Nothing is refused.
    ///
    /// ```
    /// use keepmum::{Redactor, structured::JsonStream};
    ///
    /// let redactor = Redactor::builder().secret("db", "correct \"horse\"")?.build()?;
    /// let mut stream = JsonStream::messages(redactor, Vec::new());
    /// stream.push(b"<13>app: {\"pw\":\"correct \\u0022horse\\\"\"}")?;
    /// assert_eq!(stream.finish()?, b"<13>app: {\"pw\":\"[REDACTED:db]\"}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages(redactor: Redactor, sink: S) -> Self {
        Self::with(redactor, sink, Otherwise::Message)
    }

    fn with(redactor: Redactor, sink: S, otherwise: Otherwise) -> Self {
        Self {
            redactor,
            core: Core::default(),
            reader: Reader::new(DEEPEST, otherwise),
            splicer: Splicer::default(),
            sink,
            failed: None,
        }
    }

    /// Containers inside containers, at most.
    ///
    /// ### Default
    ///
    /// 1,024.
    #[must_use]
    pub fn deepest(mut self, containers: usize) -> Self {
        self.reader.deepest(containers);
        self
    }

    /// Reads `chunk`; everything that is decided by now goes to the sink.
    ///
    /// # Errors
    ///
    /// The input is no JSON. What has left until then is redacted; nothing leaves any more, and each call gives the error
    /// again.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Malformed> {
        self.failed.map_or(Ok(()), Err)?;
        // What is left after a panic fits together no more: whoever catches one gets nothing out of this stream.
        self.failed = Some(Malformed::new(self.splicer.decided(), "reading it panicked"));
        for chunk in chunk.chunks(AT_ONCE) {
            let text = self.reader.read(chunk).inspect_err(|error| self.failed = Some(*error))?;
            self.core.push(self.redactor.compiled(), text, &mut self.splicer);
            self.splicer.add(chunk, &mut self.reader.marks);
            self.splicer.emit(&mut self.sink);
        }
        self.failed = None;
        Ok(())
    }

    /// Says that the input is over, and returns the sink.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); also if the last document lacks its end.
    pub fn finish(mut self) -> Result<S, Malformed> {
        self.failed.map_or(Ok(()), Err)?;
        let text = self.reader.finish()?;
        self.core.push(self.redactor.compiled(), text, &mut self.splicer);
        self.core.finish(self.redactor.compiled(), &mut self.splicer);
        self.splicer.add(&[], &mut self.reader.marks);
        self.splicer.emit(&mut self.sink);
        Ok(self.sink)
    }

    /// Goes over to another set of known secrets, as [`Stream::adopt`](crate::Stream::adopt) does.
    ///
    /// # Errors
    ///
    /// [`Unrelated`] if `redactor` was not made from this stream's by [`Redactor::with_secrets`]; the stream goes on as
    /// before.
    pub fn adopt(&mut self, redactor: &Redactor) -> Result<(), Unrelated> {
        if !self.redactor.is_related(redactor) {
            return Err(Unrelated);
        }
        self.redactor = redactor.clone();
        self.core.adopt(self.redactor.compiled());
        Ok(())
    }

    /// Offset before which everything was given to the sink or replaced.
    pub fn decided(&self) -> u64 {
        self.splicer.decided()
    }

    /// The sink.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// How many bytes are held back now.
    pub fn held(&self) -> usize {
        self.splicer.held()
    }
}

impl<S: Sink + fmt::Debug> fmt::Debug for JsonStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonStream")
            .field("held", &self.held())
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}
