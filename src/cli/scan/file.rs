//! One file through the stream, chunk by chunk: memory does not grow with the file.

use std::io::{self, Read};

use keepmum::Redactor;

use super::Found;
use super::baseline::Prints;
use super::collect::{Collector, Seen};
use super::place::{Place, Places};

/// Size of a read.
pub(super) const CHUNK: usize = 256 << 10;
/// Bytes at the beginning of a file that tell whether it is binary.
const SNIFFED: usize = 8 << 10;

/// What to do with a file that has a zero byte near its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Skip,
    Read,
}

/// Reads files, one after the other.
pub(super) struct Scanner<'a> {
    redactor: &'a Redactor,
    binary: Binary,
    chunk: Vec<u8>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(redactor: &'a Redactor, binary: Binary, chunk: usize) -> Self {
        Self { redactor, binary, chunk: vec![0; chunk] }
    }

    /// A name without the secrets in it: reports show it.
    #[cfg(feature = "image")]
    pub(super) fn named(&self, name: &str) -> String {
        self.redactor.redact_str(name).into_owned()
    }

    /// Adds to `found` what `file` gives, up to an error if there is one. `false` if it is binary and such files are
    /// skipped.
    pub(super) fn scan(
        &mut self,
        path: &str,
        file: &mut impl Read,
        found: &mut Vec<Found>,
    ) -> io::Result<bool> {
        let mut count = fill(file, &mut self.chunk)?;
        let first = &self.chunk[..count.min(SNIFFED)];
        if self.binary == Binary::Skip && memchr::memchr(0, first).is_some() {
            return Ok(false);
        }
        let mut stream = self.redactor.stream(Collector::default());
        let (mut places, mut findings) = (Places::new(), Findings::new(path));
        let mut outcome = Ok(true);
        while count > 0 {
            let chunk = &self.chunk[..count];
            let (settled, decided) = (stream.sink().settled(), stream.decided());
            places.forget(settled, decided);
            places.read(chunk);
            stream.push(chunk);
            findings.place(stream.sink().unended(), &mut places);
            findings.add(stream.sink().seen());
            count = fill(file, &mut self.chunk).unwrap_or_else(|error| {
                outcome = Err(error);
                0
            });
        }
        let collector = stream.finish();
        findings.place(collector.unended(), &mut places);
        findings.add(collector.rest());
        found.append(&mut findings.found);
        outcome
    }
}

/// Reads until `chunk` is full or the file ends. An error behind some bytes comes with the next call.
fn fill(file: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < chunk.len() {
        match file.read(&mut chunk[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if count == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(count)
}

/// The findings of one file in the making.
struct Findings<'a> {
    path: &'a str,
    prints: Prints,
    /// The places of those that are still collected.
    places: Vec<Place>,
    found: Vec<Found>,
}

impl<'a> Findings<'a> {
    fn new(path: &'a str) -> Self {
        Self { path, prints: Prints::default(), places: Vec::new(), found: Vec::new() }
    }

    /// Asks for the places of what is new, while its bytes are at hand.
    fn place(&mut self, seen: &[Seen], places: &mut Places) {
        let new = seen[self.places.len()..].iter();
        self.places.extend(new.map(|seen| places.of(seen.finding.span().start())));
    }

    /// Adds the first of those that were placed.
    fn add(&mut self, seen: Vec<Seen>) {
        let places = self.places.drain(..seen.len());
        for (Seen { finding, before, after, .. }, place) in seen.into_iter().zip(places) {
            let rule = finding.name();
            self.found.push(Found {
                rule: rule.to_owned(),
                origin: finding.origin(),
                path: self.path.to_owned(),
                line: place.line,
                column: place.column(),
                utf16_column: place.utf16_column(),
                length: finding.span().len(),
                fingerprint: self.prints.next(rule, self.path, [&before, &after]),
                layer: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use keepmum::rule::template::expand;

    use super::*;

    /// Lines of letters with secrets of several kinds, at changing distances.
    fn text() -> Vec<u8> {
        let mark = |word: &str| format!("{0}{word} PRIVATE KEY{0}\n", "-".repeat(5));
        let mut text = Vec::new();
        for at in 0..400_usize {
            let token = expand("ghp_{alnum:36}", at as u64).expect("a template").text;
            text.extend("\u{e9}\u{1f980} word ".repeat(at % 7).bytes());
            text.extend(
                match at % 4 {
                    0 => format!("a={token} b={token}\n"),
                    1 => format!("x{}\r\n", " y".repeat(at)),
                    2 => mark("BEGIN") + &token + "\n" + &mark("END"),
                    _ => format!("Tr0ub4dor-3 {token}"),
                }
                .bytes(),
            );
        }
        text.extend(b"\xff\x80 last=Tr0ub4dor-3");
        text
    }

    fn redactor() -> Redactor {
        let builder = Redactor::builder().builtin_rules();
        builder.secret("known", "Tr0ub4dor-3").expect("good").build().expect("good")
    }

    /// Place, length and what is around, told from the whole text.
    fn expected(redactor: &Redactor, text: &[u8]) -> Vec<(u64, u64, u64, u64, String)> {
        let found = redactor.find(text);
        let ends = |at: usize| found[at].span().end() as usize;
        let mut prints = Prints::default();
        let row = |(at, finding): (usize, &keepmum::Finding)| {
            let start = finding.span().start() as usize;
            let line_start = text[..start].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let from = if at == 0 { line_start } else { line_start.max(ends(at - 1)) };
            let next = found.get(at + 1).map_or(text.len(), |next| next.span().start() as usize);
            let after = &text[ends(at)..next.min(ends(at) + 256)];
            let after = after.split(|&b| b == b'\n').next().expect("one part at least");
            let before = &text[from.max(start.saturating_sub(256))..start];
            let utf16 = String::from_utf8_lossy(&text[line_start..start]).encode_utf16().count();
            (
                1 + text[..start].iter().filter(|&&b| b == b'\n').count() as u64,
                (start - line_start + 1) as u64,
                utf16 as u64 + 1,
                finding.span().len(),
                prints.next(finding.name(), "p", [before, after]),
            )
        };
        found.iter().enumerate().map(row).collect()
    }

    #[test]
    fn findings_are_the_same_however_small_the_chunks_are() {
        let (redactor, text) = (redactor(), text());
        let expected = expected(&redactor, &text);
        assert!(expected.len() > 300, "{}", expected.len());
        for chunk in [1, 7, 64, 1000, 4096, CHUNK] {
            let mut scanner = Scanner::new(&redactor, Binary::Skip, chunk);
            let mut found = Vec::new();
            assert!(scanner.scan("p", &mut &text[..], &mut found).expect("memory"));
            let rows = found
                .into_iter()
                .map(|f| (f.line, f.column, f.utf16_column, f.length, f.fingerprint));
            assert_eq!(rows.collect::<Vec<_>>(), expected, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_zero_byte_near_the_beginning_is_binary() {
        let (redactor, mut late) = (redactor(), vec![b'x'; SNIFFED]);
        late.extend(b"\0 Tr0ub4dor-3");
        let count = |binary, text: &[u8]| {
            let mut found = Vec::new();
            let mut scanner = Scanner::new(&redactor, binary, CHUNK);
            let read = scanner.scan("p", &mut &text[..], &mut found).expect("memory");
            read.then_some(found.len())
        };
        assert_eq!(count(Binary::Skip, b"\0 Tr0ub4dor-3"), None);
        assert_eq!(count(Binary::Read, b"\0 Tr0ub4dor-3"), Some(1));
        assert_eq!(count(Binary::Skip, &late), Some(1));
    }

    /// Gives its bytes and then an error, again and again.
    struct Broken<'a>(&'a [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            match self.0.read(room)? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                count => Ok(count),
            }
        }
    }

    #[test]
    fn what_stands_before_a_read_error_is_reported() {
        let (redactor, text) = (redactor(), text());
        for chunk in [7, 4096, CHUNK] {
            let mut found = Vec::new();
            let mut scanner = Scanner::new(&redactor, Binary::Skip, chunk);
            let error = scanner.scan("p", &mut Broken(&text), &mut found).expect_err("it breaks");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            assert_eq!(found.len(), redactor.find(&text).len(), "chunks of {chunk}");
        }
    }
}
