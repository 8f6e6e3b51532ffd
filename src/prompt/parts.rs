//! Bodies of several parts, as files are sent.

use memchr::memmem;

use super::body::Kind;
use super::look::{Change, Look, Stop};
use super::refused::Why;
use crate::Span;

const MALFORMED: Why = Why::Unreadable("a body whose parts do not end");

impl Look<'_> {
    /// Parts between lines of `boundary`. The head of each is text, and says what the part is.
    pub(super) fn parts(&mut self, source: &[u8], boundary: &str) -> Result<Vec<Change>, Stop> {
        let line = [b"--", boundary.as_bytes()].concat();
        let mut changes = Vec::new();
        let mut at = memmem::find(source, &line).ok_or(MALFORMED)? + line.len();
        while !source[at..].starts_with(b"--") {
            let end =
                memmem::find(&source[at..], &[b"\r\n", &line[..]].concat()).ok_or(MALFORMED)?;
            let part = &source[at..at + end];
            let head = memmem::find(part, b"\r\n\r\n").ok_or(MALFORMED)? + 4;
            let found = self.text(&part[..head])?;
            changes.extend(found.into_iter().map(|change| change.behind(at)));
            let found = self.body(kind(&part[..head]), &part[head..])?;
            changes.extend(found.into_iter().map(|change| change.behind(at + head)));
            at += end + 2 + line.len();
        }
        Ok(changes)
    }
}

impl Change {
    /// The same, so many bytes further on.
    fn behind(self, bytes: usize) -> Self {
        let at = |place: u64| place + bytes as u64;
        Self { span: Span::new(at(self.span.start()), at(self.span.end())), ..self }
    }
}

/// What a part is, by its head. One without a type is a field that was typed in.
fn kind(head: &[u8]) -> Kind {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let kind = lines.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"));
    match kind.map(|(_, kind)| Kind::of(kind)) {
        // Clients do not know the type of lines of JSON.
        None | Some(Kind::Binary) => Kind::Unknown,
        // Parts in parts are not followed.
        Some(Kind::Parts(_)) => Kind::Binary,
        Some(kind) => kind,
    }
}
