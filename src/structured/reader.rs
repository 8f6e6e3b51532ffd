//! JSON as the text that is looked through: the same bytes, with strings decoded, and where what is.

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::escape::{Escape, Step, simple};
use super::grammar::{Begins, Grammar};
use super::malformed::Malformed;
use super::text::{Kept, Text};
#[cfg(feature = "prompt")]
use super::wiped::Wiped;

/// How deep containers are followed where it is only asked whether something is JSON.
#[cfg(feature = "sweep")]
const DEEPEST: usize = 256;

/// The longest number. Longer ones are taken for an attack on what has to hold a whole number.
const LONGEST_SCALAR: usize = 4096;

/// Where something begins or ends: in the text, and in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: u64,
    pub(super) source: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Behind the quote that opens a string.
    Open,
    /// At the quote that closes it.
    Close,
    /// A number, `true`, `false` or `null`.
    Scalar,
    ScalarEnd,
    /// So many bytes of text that were as many bytes of source.
    Escape {
        text: u8,
        source: u8,
    },
    /// No JSON, up to the end of the line.
    Text,
    TextEnd,
}

/// What stands before JSON in a stream of events.
const FIELD: &[u8] = b"data:";

/// What the input is within.
#[derive(Clone, Debug)]
enum Within {
    Structure,
    String,
    Escape(Escape),
    Scalar,
    /// No JSON. How many bytes of [`FIELD`] it begins with, if it may be one.
    Text(Option<usize>),
    /// The same in a log's message, and its last byte.
    Message(u8),
}

/// What becomes of an input that is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Otherwise {
    Refused,
    /// It is text to the end of its line.
    Text,
    /// It is text to the end of its line, or to an object within it.
    Message,
}

/// How many bytes are right, and what is wrong with the next one.
struct Wrong(usize, &'static str);

/// Reads chunks of JSON.
pub(super) struct Reader {
    grammar: Grammar,
    otherwise: Otherwise,
    /// Each so-manieth escape gets a mark.
    every: u32,
    /// Escapes since the last one that got one.
    unmarked: u32,
    /// Strings and scalars so far, and how many there may be.
    values: usize,
    most: usize,
    within: Within,
    /// The scalar that is being read.
    scalar: Zeroizing<Vec<u8>>,
    /// How much was read.
    offset: u64,
    /// By how much the source read so far is longer than its text.
    longer: u64,
    text: Text,
    pub(super) marks: Vec<Mark>,
}

impl Reader {
    pub(super) fn new(deepest: usize, otherwise: Otherwise) -> Self {
        Self {
            grammar: Grammar::new(deepest),
            otherwise,
            every: 1,
            unmarked: 0,
            values: 0,
            most: usize::MAX,
            within: Within::Structure,
            scalar: Zeroizing::default(),
            offset: 0,
            longer: 0,
            text: Text::default(),
            marks: Vec::new(),
        }
    }

    /// Marks each so-manieth escape only, and reads `most` strings and scalars.
    #[cfg(feature = "prompt")]
    pub(super) fn sparse(self, every: u32, most: usize) -> Self {
        Self { every, most, ..self }
    }

    /// Begins inside a string.
    #[cfg(feature = "prompt")]
    pub(super) fn in_string(self) -> Self {
        Self { within: Within::String, ..self }
    }

    pub(super) fn deepest(&mut self, containers: usize) {
        self.grammar = Grammar::new(containers);
    }

    /// Reads a chunk and gives its text. Marks are added to `marks`.
    pub(super) fn read<'a>(&'a mut self, chunk: &'a [u8]) -> Result<&'a [u8], Malformed> {
        let in_escape = matches!(self.within, Within::Escape(_));
        let copied = in_escape || memchr::memchr(b'\\', chunk).is_some();
        self.text.begin(if copied { Kept::Copied } else { Kept::There }, chunk.len());
        let mut at = 0;
        while at < chunk.len() {
            let read = match &self.within {
                Within::Structure => self.structure(&chunk[at..]),
                Within::String => self.string(&chunk[at..]),
                Within::Escape(_) => self.escape(chunk[at]),
                Within::Scalar => self.scalar(&chunk[at..]),
                Within::Text(field) => Ok(self.line(*field, &chunk[at..])),
                Within::Message(last) => Ok(self.message(*last, &chunk[at..])),
            };
            let taken = match read {
                Ok(taken) => taken,
                Err(Wrong(before, _)) if self.otherwise != Otherwise::Refused => {
                    self.give_up();
                    before
                }
                Err(Wrong(before, why)) => {
                    return Err(Malformed::new(self.offset + before as u64, why));
                }
            };
            at += taken;
            self.offset += taken as u64;
        }
        Ok(self.text.of(chunk))
    }

    /// Says that the input is over; what is left of the text.
    pub(super) fn finish(&mut self) -> Result<&[u8], Malformed> {
        if self.otherwise != Otherwise::Refused {
            self.text.begin(Kept::Copied, 0);
            self.give_up();
            return Ok(self.text.of(&[]));
        }
        let truncated = Malformed::new(self.offset, "it ends too early");
        match self.within {
            Within::Structure => {}
            Within::Scalar => {
                self.end_scalar().map_err(|why| Malformed::new(self.offset, why))?;
            }
            Within::String | Within::Escape(_) | Within::Text(_) | Within::Message(_) => {
                return Err(truncated);
            }
        }
        if self.grammar.is_complete() { Ok(&[]) } else { Err(truncated) }
    }

    /// The text of the one chunk that was read, if it is not the chunk itself, and its marks.
    #[cfg(feature = "prompt")]
    pub(super) fn into_parts(self) -> (Option<Wiped>, Vec<Mark>) {
        (self.text.into_copy(), self.marks)
    }

    /// What follows is text. The bytes before the one that is wrong are in the text, but for those of an escape.
    fn give_up(&mut self) {
        // Where a document could begin, so can an event.
        let field = matches!(self.within, Within::Structure) && self.grammar.is_complete();
        let text = match self.otherwise {
            Otherwise::Message => Within::Message(0),
            _ => Within::Text(field.then_some(0)),
        };
        match std::mem::replace(&mut self.within, text) {
            Within::Structure | Within::Text(_) | Within::Message(_) => {}
            Within::String => self.mark(Kind::Close),
            Within::Scalar => self.mark(Kind::ScalarEnd),
            Within::Escape(escape) => {
                self.mark(Kind::Close);
                self.mark(Kind::Text);
                self.text.put(escape.bytes());
                return;
            }
        }
        self.mark(Kind::Text);
    }

    /// Up to the end of a line that is no JSON, or of what stands before JSON: there a document may begin.
    fn line(&mut self, field: Option<usize>, bytes: &[u8]) -> usize {
        if let Some(read) = field.filter(|&read| FIELD[read] == bytes[0]) {
            self.text.put(&bytes[..1]);
            self.within = Within::Text(Some(read + 1));
            if read + 1 == FIELD.len() {
                self.document_may_begin();
            }
            return 1;
        }
        self.within = Within::Text(None);
        let run = memchr::memchr(b'\n', bytes);
        self.text.put(&bytes[..run.unwrap_or(bytes.len())]);
        if run.is_some() {
            self.document_may_begin();
        }
        run.unwrap_or(bytes.len())
    }

    /// Up to the end of a line that is no JSON, or to an object: what stands before one in a message ends with a blank or a
    /// colon, or with a mark of UTF-8.
    fn message(&mut self, last: u8, bytes: &[u8]) -> usize {
        let before = |at: usize| if at == 0 { last } else { bytes[at - 1] };
        let begins = |at: usize| matches!(before(at), b' ' | b'\t' | b':' | 0xBF);
        let mut ends = memchr::memchr2_iter(b'\n', b'{', bytes);
        let run = ends.find(|&at| bytes[at] == b'\n' || begins(at));
        self.text.put(&bytes[..run.unwrap_or(bytes.len())]);
        match run {
            Some(_) => self.document_may_begin(),
            None => self.within = Within::Message(bytes[bytes.len() - 1]),
        }
        run.unwrap_or(bytes.len())
    }

    fn document_may_begin(&mut self) {
        self.mark(Kind::TextEnd);
        self.within = Within::Structure;
        self.grammar.restart();
    }

    /// Up to the next string or scalar; how many bytes were taken.
    fn structure(&mut self, bytes: &[u8]) -> Result<usize, Wrong> {
        for (at, &byte) in bytes.iter().enumerate() {
            let begins = match self.grammar.take(byte) {
                Ok(begins) => begins,
                Err(why) => {
                    self.text.put(&bytes[..at]);
                    return Err(Wrong(at, why));
                }
            };
            if begins == Begins::Nothing {
                continue;
            }
            if self.values >= self.most {
                self.text.put(&bytes[..at]);
                return Err(Wrong(at, "it has too many values"));
            }
            self.values += 1;
            if begins == Begins::Scalar {
                self.text.put(&bytes[..at]);
                self.mark(Kind::Scalar);
                self.within = Within::Scalar;
                self.scalar.clear();
                return Ok(at);
            }
            self.text.put(&bytes[..=at]);
            self.mark(Kind::Open);
            self.within = Within::String;
            return Ok(at + 1);
        }
        self.text.put(bytes);
        Ok(bytes.len())
    }

    /// Up to the string's end or the next escape.
    fn string(&mut self, bytes: &[u8]) -> Result<usize, Wrong> {
        let run = self.text.put_plain(bytes);
        match bytes.get(run) {
            Some(b'"') => {
                self.mark(Kind::Close);
                self.text.put(b"\"");
                self.within = Within::Structure;
                Ok(run + 1)
            }
            Some(byte) if *byte < b' ' => Err(Wrong(run, "a control character in a string")),
            Some(_) => match bytes.get(run + 1).and_then(|&byte| simple(byte)) {
                // Most escapes are these, and whole: they need no state.
                Some(character) => {
                    self.decoded(&[character], 2);
                    Ok(run + 2)
                }
                None => {
                    self.within = Within::Escape(Escape::default());
                    Ok(run)
                }
            },
            None => Ok(run),
        }
    }

    fn escape(&mut self, byte: u8) -> Result<usize, Wrong> {
        let Within::Escape(escape) = &mut self.within else { return Ok(0) };
        let step = escape.take(byte);
        let len = escape.bytes().len();
        match step {
            Step::More => {}
            Step::Is(character) => self.decoded(&[character], len),
            Step::Are(first, second) => self.decoded(&[first, second], len),
            Step::Half => {
                self.decoded(&[char::REPLACEMENT_CHARACTER], 6);
                if len > 6 {
                    let mut next = Escape::default();
                    next.take(b'\\');
                    self.within = Within::Escape(next);
                }
                return Ok(0);
            }
            Step::Wrong => return Err(Wrong(0, "no escape")),
        }
        Ok(1)
    }

    /// An escape of `source` bytes ends.
    fn decoded(&mut self, characters: &[char], source: usize) {
        let text: usize = characters.iter().map(|character| character.len_utf8()).sum();
        self.unmarked += 1;
        if self.unmarked >= self.every {
            self.mark(Kind::Escape { text: text as u8, source: source as u8 });
            self.unmarked = 0;
        }
        self.longer += source as u64;
        self.longer -= text as u64;
        for character in characters {
            self.text.put(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.within = Within::String;
    }

    fn scalar(&mut self, bytes: &[u8]) -> Result<usize, Wrong> {
        let scalar = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let run = bytes.iter().take_while(|byte| scalar(byte)).count();
        self.text.put(&bytes[..run]);
        self.scalar.extend_from_slice(&bytes[..run]);
        if self.scalar.len() > LONGEST_SCALAR {
            return Err(Wrong(run, "a number of too many digits"));
        }
        if run < bytes.len() {
            self.end_scalar().map_err(|why| Wrong(run, why))?;
        }
        Ok(run)
    }

    fn end_scalar(&mut self) -> Result<(), &'static str> {
        if !is_scalar(&self.scalar) {
            return Err("no number, and no word of JSON");
        }
        self.mark(Kind::ScalarEnd);
        self.within = Within::Structure;
        Ok(())
    }

    fn mark(&mut self, kind: Kind) {
        let at = self.text.end;
        self.marks.push(Mark { at, source: at + self.longer, kind });
    }
}

/// Whether `source` is one document of JSON, or several one after the other.
#[cfg(feature = "sweep")]
pub(crate) fn is_json(source: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(DEEPEST, Otherwise::Refused).sparse(u32::MAX, usize::MAX);
    reader.read(source)?;
    reader.finish().map(|_| ())
}

/// Whether `scalar` is a number, `true`, `false` or `null`.
fn is_scalar(scalar: &[u8]) -> bool {
    match scalar {
        b"true" | b"false" | b"null" => true,
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => true,
        _ => serde_json::from_slice::<IgnoredAny>(scalar).is_ok(),
    }
}
