//! Bodies of several parts, as files are sent.

use std::ops::Range;

use memchr::memmem;

use super::body::Kind;
use super::look::{Change, Look, Stop, edits};
use super::refused::Why;
use crate::Span;
use crate::structured::{Document, splice};

const MALFORMED: Why =
    Why::Unreadable("a body whose parts do not end, or that holds more than its parts");

impl Look<'_> {
    /// Parts between lines of `boundary`. The head of each is text, and says what the part is.
    pub(super) fn parts(&mut self, source: &[u8], boundary: &str) -> Result<Vec<Change>, Stop> {
        let mut changes = Vec::new();
        for part in parts(source, boundary)? {
            let (at, part) = (part.start, &source[part]);
            let head = memmem::find(part, b"\r\n\r\n").ok_or(MALFORMED)? + 4;
            let found = self.text(&part[..head])?;
            changes.extend(found.into_iter().map(|change| change.behind(at)));
            let found = match field(&part[..head]) {
                Some(name) if std::str::from_utf8(&part[head..]).is_ok() => {
                    self.field(&name, &part[head..])?
                }
                _ => self.body(kind(&part[..head]), &part[head..])?,
            };
            changes.extend(found.into_iter().map(|change| change.behind(at + head)));
        }
        Ok(changes)
    }

    /// A field of a form that was typed in: it is what an object with it would say.
    fn field(&mut self, name: &str, value: &[u8]) -> Result<Vec<Change>, Stop> {
        let object = serde_json::json!({ name: String::from_utf8_lossy(value) }).to_string();
        let inside = self.json(object.as_bytes())?;
        let edits = edits(&inside);
        let whole = Span::new(0, value.len() as u64);
        let told = |change: Change| Change { span: whole, with: None, found: change.found };
        let mut changes: Vec<Change> = inside.into_iter().map(told).collect();
        if !edits.is_empty() {
            let new = splice(object.as_bytes(), &edits);
            let document = Document::read(&new, 1).map_err(Stop::Malformed)?;
            // The name stands first.
            let new = document.tree().leaves().nth(1).map(|(id, _)| document.says(id).to_vec());
            changes.push(Change { span: whole, with: new, found: None });
        }
        Ok(changes)
    }
}

/// Where the parts stand. A line of the boundary is one only at the beginning of a line, with nothing but white space behind it;
/// before the first and behind the last nothing may stand, since nobody would look at it.
fn parts(source: &[u8], boundary: &str) -> Result<Vec<Range<usize>>, Why> {
    let mark = [b"--", boundary.as_bytes()].concat();
    let (mut parts, mut part) = (Vec::new(), None);
    for at in memmem::find_iter(source, &mark) {
        if at > 0 && !source[..at].ends_with(b"\r\n") {
            continue;
        }
        let rest = &source[at + mark.len()..];
        let is_last = rest.starts_with(b"--");
        let line = memmem::find(rest, b"\r\n").unwrap_or(rest.len());
        let behind = &rest[if is_last { 2 } else { 0 }..line.max(if is_last { 2 } else { 0 })];
        if !behind.iter().all(|byte| b" \t".contains(byte)) {
            continue;
        }
        match part {
            // Its line end belongs to the line of the boundary.
            Some(start) if start + 2 <= at => parts.push(start..at - 2),
            Some(_) => return Err(MALFORMED),
            None if !source[..at].trim_ascii().is_empty() => return Err(MALFORMED),
            None => {}
        }
        if is_last {
            return if rest[2..].trim_ascii().is_empty() { Ok(parts) } else { Err(MALFORMED) };
        }
        part = Some(at + mark.len() + line + 2);
    }
    Err(MALFORMED)
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
    match header(head, "content-type").map(|kind| Kind::of(&kind)) {
        // Clients do not know the type of lines of JSON.
        None | Some(Kind::Binary) => Kind::Unknown,
        // Parts in parts are not followed.
        Some(Kind::Parts(_)) => Kind::Binary,
        Some(kind) => kind,
    }
}

/// The name of a part that is no file and has no type.
fn field(head: &[u8]) -> Option<String> {
    let disposition = header(head, "content-disposition")?;
    if header(head, "content-type").is_some() || disposition.contains("filename") {
        return None;
    }
    let (_, name) = disposition.split_once("name=\"")?;
    Some(name.split_once('"')?.0.to_owned())
}

fn header(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let line = lines.find(|(own, _)| own.trim().eq_ignore_ascii_case(name));
    line.map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Option<Vec<&str>> {
        let parts = parts(source.as_bytes(), "x").ok()?;
        Some(parts.into_iter().map(|part| &source[part]).collect())
    }

    #[test]
    fn parts_stand_between_lines_of_their_own() {
        assert_eq!(found("--x\r\na\r\n--x \r\n\r\n--x--\r\n"), Some(vec!["a", ""]));
        assert_eq!(found("--x\r\na --x--\r\n--xy\r\n--x--"), Some(vec!["a --x--\r\n--xy"]));
        for bad in [
            "{\"a\":\"--x--\",\"b\":1}",
            "a\r\n--x\r\nb\r\n--x--",
            "--x\r\nb\r\n--x--\r\nc",
            "--x\r\nb",
            "--x--c",
            "--x\r\n--x--",
            "",
        ] {
            assert_eq!(found(bad), None, "{bad}");
        }
    }
}
