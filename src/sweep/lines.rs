//! Lines, of which each may be a document of JSON.

use zeroize::Zeroizing;

use super::error::SweepError;
use super::sweeper::Pass;
use super::text::Run;
use super::visit::Visit;
use crate::prompt::Seen;

/// Lines in the making. Those that are documents are looked through one by one; others that follow one another are one text,
/// so that a key of many lines is found among them.
pub(super) struct Lines<'a, V: Visit> {
    /// None only while it changes.
    within: Option<Within<'a, V>>,
    /// The beginning of a line that may become a document.
    line: Zeroizing<Vec<u8>>,
    /// Whether the line at hand is text, whatever comes.
    is_text: bool,
}

enum Within<'a, V: Visit> {
    Between(Pass<'a, V>),
    Text(Box<Run<'a, V>>),
}

impl<'a, V: Visit> Lines<'a, V> {
    pub(super) fn new(pass: Pass<'a, V>) -> Self {
        Self { within: Some(Within::Between(pass)), line: Zeroizing::default(), is_text: false }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), SweepError> {
        let mut at = 0;
        if !self.line.is_empty() {
            at = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |end| end + 1);
            self.line.extend_from_slice(&chunk[..at]);
            if self.line.last() == Some(&b'\n') {
                self.begun()?;
            }
        }
        // What is text is pushed at once, up to a document.
        let mut text = at;
        while at < chunk.len() {
            let end = memchr::memchr(b'\n', &chunk[at..]).map(|end| at + end + 1);
            let line = &chunk[at..end.unwrap_or(chunk.len())];
            if self.is_text || !may_be_document(line) {
                self.is_text = end.is_none();
            } else if end.is_none() {
                self.text(&chunk[text..at])?;
                self.line.extend_from_slice(line);
                text = chunk.len();
            } else if let Ok(seen) = self.pass().look(line) {
                self.text(&chunk[text..at])?;
                self.document(line, &seen);
                text = at + line.len();
            }
            at += line.len();
        }
        self.text(&chunk[text..])?;
        self.short()
    }

    /// The file is over.
    pub(super) fn end(mut self) -> Result<Pass<'a, V>, SweepError> {
        self.begun()?;
        Ok(self.between())
    }

    /// A line that came in pieces is whole.
    fn begun(&mut self) -> Result<(), SweepError> {
        let line = std::mem::take(&mut self.line);
        match self.pass().look(&line) {
            Ok(seen) if !line.is_empty() => {
                self.document(&line, &seen);
                Ok(())
            }
            _ => self.text(&line),
        }
    }

    /// A document comes next: the text before it is over.
    fn document(&mut self, line: &[u8], seen: &Seen) {
        let mut pass = self.between();
        pass.seen(line, seen);
        self.within = Some(Within::Between(pass));
    }

    /// Text comes next.
    fn text(&mut self, text: &[u8]) -> Result<(), SweepError> {
        if text.is_empty() {
            return Ok(());
        }
        let mut run = match self.within.take() {
            Some(Within::Between(mut pass)) if text.iter().all(u8::is_ascii_whitespace) => {
                pass.kept(text);
                self.within = Some(Within::Between(pass));
                return Ok(());
            }
            Some(Within::Between(pass)) => Box::new(Run::begin(pass)),
            Some(Within::Text(run)) => run,
            None => unreachable!("{ALWAYS}"),
        };
        let pushed = run.push(text);
        self.within = Some(Within::Text(run));
        pushed
    }

    /// Ends the text, if there is some.
    fn between(&mut self) -> Pass<'a, V> {
        match self.within.take().expect(ALWAYS) {
            Within::Between(pass) => pass,
            Within::Text(run) => run.end(),
        }
    }

    fn pass(&mut self) -> &mut Pass<'a, V> {
        match self.within.as_mut().expect(ALWAYS) {
            Within::Between(pass) => pass,
            Within::Text(run) => run.pass(),
        }
    }

    /// # Errors
    ///
    /// A line is held that is too long, or nothing more is wanted.
    fn short(&mut self) -> Result<(), SweepError> {
        let held = self.line.len();
        let longest = self.pass().longest();
        if held > longest {
            return Err(SweepError::too_long("a line of JSON", longest));
        }
        self.pass().goes_on()
    }
}

const ALWAYS: &str = "it is between or within text";

/// Whether a line may be an object or a list.
fn may_be_document(line: &[u8]) -> bool {
    let first = line.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'['))
}
