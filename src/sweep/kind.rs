//! What a file is, by what it begins with and what it is called.

use std::io::{self, Read};
use std::path::Path;

use crate::structured::is_json;

/// How a file is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Lines, each of which may be a document of JSON. What is none is text.
    Lines,
    /// One document of JSON over several lines.
    Json,
    /// Text.
    Text,
    /// A database of SQLite. Its bytes are not for a stream.
    Database,
    /// It has a zero byte near its beginning, or begins as text in UTF-16 does, and is nothing that is known here.
    Binary,
}

/// How a database of SQLite begins.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// Bytes at the beginning that tell whether a file is binary, as `scan` has it.
const SNIFFED: usize = 8 << 10;

/// How text in UTF-16 begins, if it says so.
const MARKS: [&[u8]; 2] = [&[0xFF, 0xFE], &[0xFE, 0xFF]];

/// Whether a file is a database of SQLite.
///
/// # Errors
///
/// It cannot be read.
pub fn is_database(file: &mut impl Read) -> io::Result<bool> {
    let mut head = Vec::new();
    file.take(DATABASE.len() as u64).read_to_end(&mut head)?;
    Ok(head == DATABASE)
}

impl Kind {
    /// Of a file that begins with `head`; none if more of it has to be read to tell. `all` says whether `head` is all of it.
    pub(super) fn of(path: &Path, head: &[u8], all: bool) -> Option<Self> {
        if head.starts_with(DATABASE) {
            return Some(Self::Database);
        }
        let zero = memchr::memchr(0, &head[..head.len().min(SNIFFED)]).is_some();
        if zero || MARKS.iter().any(|mark| head.starts_with(mark)) {
            return Some(Self::Binary);
        }
        if has_extension(path, &["jsonl", "ndjson"]) {
            return Some(Self::Lines);
        }
        let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
        if !matches!(first, Some(b'{' | b'[')) {
            return Some(Self::Text);
        }
        let line = memchr::memchr(b'\n', head).map(|end| &head[..end]);
        match is_json(line.unwrap_or(head)) {
            Ok(()) if line.is_some() || all => Some(Self::Lines),
            // It breaks off within a line: the rest may make it whole.
            _ if line.is_none() && !all => None,
            _ => Self::of_many_lines(head, all),
        }
    }

    /// Of a file whose first line is no document.
    fn of_many_lines(head: &[u8], all: bool) -> Option<Self> {
        match is_json(head) {
            Ok(()) if all => Some(Self::Json),
            Err(malformed) if all || malformed.offset() < head.len() as u64 => Some(Self::Lines),
            _ => None,
        }
    }

    /// Whether a file of this name should be one document.
    pub(super) fn is_document(path: &Path) -> bool {
        has_extension(path, &["json"])
    }
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| known.iter().any(|one| one.eq_ignore_ascii_case(extension)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_and_a_name_helps() {
        for (name, head, kind) in [
            ("a.jsonl", "no JSON\n", Kind::Lines),
            ("a", "{\"a\":1}\n{\"b\":2}\n", Kind::Lines),
            ("a", "{\"a\":1}", Kind::Lines),
            ("a", "{\n\"a\":1}\n", Kind::Json),
            ("a", "{\n\"a\":1}\nmore", Kind::Lines),
            ("a", "[INFO] started\n", Kind::Lines),
            ("a.json", "# none\n", Kind::Text),
            ("a", "SQLite format 3\0 \0", Kind::Database),
            ("a", "x\0y", Kind::Binary),
            ("a", "", Kind::Text),
        ] {
            assert_eq!(Kind::of(Path::new(name), head.as_bytes(), true), Some(kind), "{head:?}");
        }
    }

    #[test]
    fn what_breaks_off_is_read_on() {
        for head in ["{\"a\":", "{\n\"a\":1", "{\n\"a\":1}\n"] {
            assert_eq!(Kind::of(Path::new("a"), head.as_bytes(), false), None, "{head:?}");
        }
        let log = Kind::of(Path::new("a"), b"[INFO] started\nmore", false);
        assert_eq!(log, Some(Kind::Lines));
    }
}
