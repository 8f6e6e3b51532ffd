//! What was found in the text, cut out of the source.

use std::collections::VecDeque;

use super::reader::{Kind, Mark};
use super::wiped::Wiped;
use crate::{Finding, Sink, Span};

/// Something to cut out: where it stands in the text, and what stands for it.
struct Cut {
    span: Span,
    with: Vec<u8>,
    finding: Option<Finding>,
    /// The string that last showed what stands for it; 0 if none did.
    shown: u64,
}

/// What the source is within, where it was read up to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Structure,
    String,
    /// What is no JSON.
    Text,
}

/// Holds the source until its text is decided. As a sink it takes what is decided of the text.
///
/// ```text
///   source   ·····│ kept │ … │
///               from    at
///   text          │ … │ decided
///                 at
/// ```
///
/// Invariant: marks and cuts that end before `text_at` are forgotten; `source[at]` is where `text_at` comes from.
pub(super) struct Splicer {
    source: Wiped,
    /// Offset of the first byte of `source` in the input.
    base: u64,
    /// Bytes before it were given to the sink or cut out.
    from: usize,
    at: usize,
    text_at: u64,
    /// Before it every byte of the text is clean or in a cut.
    decided: u64,
    /// Those before `passed` are done with.
    marks: Vec<Mark>,
    passed: usize,
    cuts: VecDeque<Cut>,
    place: Place,
    /// Counts strings, lines that are no JSON, and numbers that become strings, as far as something is found; from 1 on.
    strings: u64,
}

impl Default for Splicer {
    fn default() -> Self {
        Self {
            source: Wiped::default(),
            base: 0,
            from: 0,
            at: 0,
            text_at: 0,
            decided: 0,
            marks: Vec::new(),
            passed: 0,
            cuts: VecDeque::new(),
            place: Place::Structure,
            strings: 1,
        }
    }
}

impl Sink for Splicer {
    fn clean(&mut self, bytes: &[u8]) {
        self.decided += bytes.len() as u64;
    }

    fn removed(&mut self, span: Span) {
        self.decided = span.end();
        self.cuts.push_back(Cut { span, with: Vec::new(), finding: None, shown: 0 });
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.cuts.back_mut().into_iter().for_each(|cut| cut.with.extend_from_slice(bytes));
    }

    fn found(&mut self, finding: &Finding) {
        self.cuts.back_mut().into_iter().for_each(|cut| cut.finding = Some(finding.clone()));
    }
}

impl Splicer {
    pub(super) fn add(&mut self, source: &[u8], marks: &mut Vec<Mark>) {
        self.source.extend_from_slice(source);
        self.marks.append(marks);
    }

    /// Offset before which everything was given to the sink or cut out.
    pub(super) fn decided(&self) -> u64 {
        self.base + self.from as u64
    }

    /// How many bytes of the source are held.
    pub(super) fn held(&self) -> usize {
        self.source.len() - self.from
    }

    /// Gives `sink` all of the source whose text is decided.
    pub(super) fn emit(&mut self, sink: &mut impl Sink) {
        if self.cut().is_none() {
            self.skip();
        }
        while let Some(mark) = self.marks.get(self.passed).copied() {
            self.run(mark.at.min(self.decided), sink);
            if self.text_at < mark.at || !self.pass(mark, sink) {
                break;
            }
        }
        if self.passed == self.marks.len() {
            self.run(self.decided, sink);
        }
        self.flush(sink);
        self.shrink();
    }

    /// Without cuts all that is decided stays: goes to the last mark before its end at once.
    fn skip(&mut self) {
        let decided = self.decided;
        let marks = &self.marks[self.passed..];
        let before = marks.partition_point(|mark| mark.at < decided);
        // The last one may be an escape or a number that is not decided to its end.
        let [.., last, next] = marks[..before] else { return };
        match last.kind {
            Kind::Open | Kind::Escape { .. } => self.place = Place::String,
            Kind::Text => self.place = Place::Text,
            Kind::Close | Kind::ScalarEnd | Kind::TextEnd => self.place = Place::Structure,
            // It goes with its end.
            Kind::Scalar => return,
        }
        (self.text_at, self.at) = (next.at, (next.source - self.base) as usize);
        self.passed += before - 1;
    }

    /// Goes past a mark, if what it marks is decided to its end; whether it did.
    fn pass(&mut self, mark: Mark, sink: &mut impl Sink) -> bool {
        match mark.kind {
            Kind::Open | Kind::Text => {
                let open = mark.kind == Kind::Open;
                self.place = if open { Place::String } else { Place::Text };
                self.strings += 1;
            }
            Kind::Close | Kind::TextEnd => self.place = Place::Structure,
            Kind::ScalarEnd => {}
            Kind::Escape { text, source } => {
                return self.unit(u64::from(text), usize::from(source), sink);
            }
            Kind::Scalar => return self.scalar(sink),
        }
        self.passed += 1;
        true
    }

    /// Goes on to `end` of the text, where nothing is escaped.
    fn run(&mut self, end: u64, sink: &mut impl Sink) {
        while self.text_at < end {
            let cut = self.cut().map(|cut| cut.span);
            let (here, len) = (self.text_at, end - self.text_at);
            match cut.filter(|cut| self.place != Place::Structure && cut.start() < end) {
                None => self.keep(len),
                Some(cut) if cut.start() > here => {
                    let whole = cut.start() - here;
                    let whole = self.whole_characters(whole as usize);
                    self.keep(whole);
                    self.drop(cut.start() - here - whole, sink);
                }
                Some(cut) => {
                    self.show(sink);
                    let mut gone = len.min(cut.end() - here);
                    // A character is not cut in two.
                    while gone < len && self.source[self.at + gone as usize] & 0xC0 == 0x80 {
                        gone += 1;
                    }
                    self.drop(gone, sink);
                }
            }
        }
    }

    /// Of `len` bytes, those before a character that is not whole.
    fn whole_characters(&self, len: usize) -> u64 {
        let bytes = &self.source[self.at..];
        let cuts = bytes.get(len).is_some_and(|byte| byte & 0xC0 == 0x80);
        let start = bytes[..len].iter().rposition(|byte| byte & 0xC0 != 0x80);
        if cuts { start.unwrap_or(0) as u64 } else { len as u64 }
    }

    /// An escape, which stays or goes as a whole.
    fn unit(&mut self, text: u64, source: usize, sink: &mut impl Sink) -> bool {
        let end = self.text_at + text;
        if end > self.decided {
            return false;
        }
        self.passed += 1;
        if self.cut().is_some_and(|cut| cut.span.start() < end) {
            self.show(sink);
            self.flush(sink);
            self.at += source;
            self.from = self.at;
        } else {
            self.at += source;
        }
        self.text_at = end;
        true
    }

    /// A number, which stays or becomes a string; a word stays.
    fn scalar(&mut self, sink: &mut impl Sink) -> bool {
        let Some(end) = self.marks.get(self.passed + 1).map(|mark| mark.at) else { return false };
        if end > self.decided {
            return false;
        }
        self.passed += 1;
        let number = !self.source[self.at].is_ascii_alphabetic();
        if number && self.cut().is_some_and(|cut| cut.span.start() < end) {
            self.flush(sink);
            sink.replaced(b"\"");
            self.strings += 1;
            while self.text_at < end && self.cut().is_some_and(|cut| cut.span.start() < end) {
                self.show(sink);
                let cut_end = self.cut().map_or(end, |cut| cut.span.end());
                self.drop(cut_end.min(end) - self.text_at, sink);
            }
            self.drop(end - self.text_at, sink);
            sink.replaced(b"\"");
        } else {
            self.keep(end - self.text_at);
        }
        true
    }

    /// The next cut that ends behind `text_at`.
    fn cut(&mut self) -> Option<&mut Cut> {
        while self.cuts.front().is_some_and(|cut| cut.span.end() <= self.text_at) {
            self.cuts.pop_front();
        }
        self.cuts.front_mut()
    }

    /// Shows what stands for the next cut, once in each string.
    fn show(&mut self, sink: &mut impl Sink) {
        self.flush(sink);
        let Some(cut) = self.cut() else { return };
        let end = cut.span.end();
        let end = self.source_of(end);
        let (start, escapes) = (self.base + self.at as u64, self.place != Place::Text);
        let string = self.strings;
        let Some(cut) = self.cut() else { return };
        if std::mem::replace(&mut cut.shown, string) == string {
            return;
        }
        if let Some(finding) = &cut.finding {
            let span = Span::new(start, end.max(start));
            sink.removed(span);
            sink.replaced(&if escapes { escaped(&cut.with) } else { cut.with.clone() });
            sink.found(&Finding { span, ..finding.clone() });
        }
    }

    /// Where in the source a place of the text lies that was read.
    fn source_of(&self, text: u64) -> u64 {
        let before = self.marks.partition_point(|mark| mark.at < text);
        let Some(mark) = before.checked_sub(1).map(|at| self.marks[at]) else {
            return self.base + self.at as u64 + text - self.text_at;
        };
        let into = text - mark.at;
        match mark.kind {
            Kind::Escape { text, source } if into < u64::from(text) => {
                mark.source + u64::from(source)
            }
            Kind::Escape { text, source } => mark.source + into + u64::from(source - text),
            _ => mark.source + into,
        }
    }

    /// Lets bytes stay.
    fn keep(&mut self, len: u64) {
        self.at += len as usize;
        self.text_at += len;
    }

    /// Lets bytes go.
    fn drop(&mut self, len: u64, sink: &mut impl Sink) {
        self.flush(sink);
        self.keep(len);
        self.from = self.at;
    }

    fn flush(&mut self, sink: &mut impl Sink) {
        if self.from < self.at {
            sink.clean(&self.source[self.from..self.at]);
            self.from = self.at;
        }
    }

    /// Forgets what was given away, once it is as much as what is left.
    fn shrink(&mut self) {
        if self.passed >= self.marks.len() - self.passed {
            self.marks.drain(..self.passed);
            self.passed = 0;
        }
        if self.from >= self.source.len() - self.from {
            self.source.drain(..self.from);
            self.base += self.from as u64;
            self.at -= self.from;
            self.from = 0;
        }
    }
}

/// What `text` looks like inside a string.
pub(super) fn escaped(text: &[u8]) -> Vec<u8> {
    let quoted = serde_json::to_vec(&String::from_utf8_lossy(text)).expect("a string");
    quoted[1..quoted.len() - 1].to_vec()
}
