//! How far a file was found to have nothing to change, so that what is appended is all that has to be read the next time.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};

use keepmum::sweep::{Fingerprinting, Kind, Print, Sweeper};

/// What is read again before bytes that were appended: as much as a known secret is long at most, and more.
const WINDOW: u64 = (1 << 20) + (64 << 10);

/// The longest line of which the end is looked for.
const LINE: u64 = 64 << 10;

/// The beginning of a file, as it was when there was nothing to change in it.
pub(super) struct Clean {
    kind: Kind,
    length: u64,
    print: Print,
}

/// Where a file is read from, and what is known of what stands before.
pub(super) struct Resume {
    pub(super) at: u64,
    /// What it is, if that is known.
    pub(super) kind: Option<Kind>,
    print: Fingerprinting,
}

impl Clean {
    /// Where `file` has to be read again: from the beginning of a line, a window before what is new. None if it is not what it
    /// was: it was written in place, or emptied and filled again.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(super) fn resumed(&self, sweeper: &Sweeper, file: &mut File) -> io::Result<Option<Resume>> {
        let window = self.length.saturating_sub(WINDOW);
        if window == 0 || !matches!(self.kind, Kind::Lines | Kind::Text) {
            return Ok(None);
        }
        let mut begin = Hashing { file, print: sweeper.fingerprinting(), known: 0 };
        io::copy(&mut begin.by_ref().take(self.length), &mut io::sink())?;
        let print = begin.print;
        if print.length() != self.length || print.clone().finish() != self.print {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(window))?;
        let mut bytes = Vec::new();
        file.take(LINE).read_to_end(&mut bytes)?;
        let line = memchr::memchr(b'\n', &bytes).map(|end| window + end as u64 + 1);
        Ok(line.map(|at| Resume { at, kind: Some(self.kind), print }))
    }
}

impl Resume {
    /// All of a file.
    pub(super) fn beginning(sweeper: &Sweeper) -> Self {
        Self { at: 0, kind: None, print: sweeper.fingerprinting() }
    }

    /// Reads `file` from there on, and hashes what is new.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(super) fn reading(self, file: &mut File) -> io::Result<Hashing<'_>> {
        file.seek(SeekFrom::Start(self.at))?;
        let known = self.print.length() - self.at;
        Ok(Hashing { file, print: self.print, known })
    }
}

/// Reads, and hashes what was not hashed before.
pub(super) struct Hashing<'a> {
    file: &'a mut File,
    print: Fingerprinting,
    /// How much comes that was hashed.
    known: u64,
}

impl Hashing<'_> {
    /// There was nothing to change.
    pub(super) fn clean(self, kind: Kind) -> Clean {
        Clean { kind, length: self.print.length(), print: self.print.finish() }
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)?;
        let known = self.known.min(read as u64);
        self.known -= known;
        self.print.update(&room[known as usize..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use keepmum::{Redactor, ReferenceKey};

    use super::*;

    #[test]
    fn only_what_goes_on_as_it_was_is_resumed() {
        let redactor = Redactor::builder().build().expect("nothing is wrong with nothing");
        let sweeper = Sweeper::new(redactor, ReferenceKey::new(b"key"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let text = "a line of this log\n".repeat(100_000);
        fs::write(&path, &text).expect("written");
        let open = || File::open(&path).expect("there");
        let mut file = open();
        let mut read = Resume::beginning(&sweeper).reading(&mut file).expect("there");
        io::copy(&mut read, &mut io::sink()).expect("readable");
        let clean = read.clean(Kind::Text);

        let mut more = File::options().append(true).open(&path).expect("there");
        more.write_all(b"more\0\n").expect("written");
        let mut file = open();
        let from = clean.resumed(&sweeper, &mut file).expect("readable").expect("it goes on");
        assert!(from.at > 0 && from.at < text.len() as u64);
        assert_eq!((from.at % 19, from.kind), (0, Some(Kind::Text)));
        // What is new is hashed with what was known.
        let mut read = from.reading(&mut file).expect("there");
        io::copy(&mut read, &mut io::sink()).expect("readable");
        let longer = read.clean(Kind::Text);
        assert!(longer.resumed(&sweeper, &mut open()).expect("readable").is_some());

        for other in ["A".to_owned() + &text[1..], text.replace("line", "row")] {
            fs::write(&path, other + &text).expect("written");
            assert!(clean.resumed(&sweeper, &mut open()).expect("readable").is_none());
        }
    }
}
