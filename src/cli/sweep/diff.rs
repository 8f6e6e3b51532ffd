//! What would change, as a diff in which no value stands.

use std::fmt::Write as _;

use keepmum::Redactor;
use keepmum::sweep::{Change, Left, Visit};

use super::noted::{Detail, Noted};

/// Bytes of what stays that are shown at each side of what changes.
const AROUND: usize = 48;

/// What stands for a value.
const MASK: &[u8] = b"****";

/// Visits a file that nobody writes.
pub(super) struct Diff<'a> {
    redactor: &'a Redactor,
    noted: Noted,
    /// The line at hand, with what follows of a change of several lines.
    line: Line,
    /// How far the file was shown, and where what stays there as a secret ends.
    at: u64,
    hidden: u64,
    text: String,
    over: &'a dyn Fn() -> bool,
}

#[derive(Default)]
struct Line {
    old: Vec<u8>,
    new: Vec<u8>,
    /// What was kept since the last change, or since the line began: the beginning and the end of it.
    head: Vec<u8>,
    tail: Vec<u8>,
    cut: bool,
    changed: bool,
    /// The number of its first line.
    number: u64,
}

impl<'a> Diff<'a> {
    pub(super) fn new(redactor: &'a Redactor, detail: Detail, over: &'a dyn Fn() -> bool) -> Self {
        let (noted, line, text) = (Noted::new(detail), Line::default(), String::new());
        Self { redactor, noted, line, at: 0, hidden: 0, text, over }
    }

    /// The last line may lack its end.
    pub(super) fn end(mut self) -> (Noted, String) {
        self.end_line();
        (self.noted, self.text)
    }

    fn piece(&mut self, bytes: &[u8]) {
        let hidden = self.hidden.saturating_sub(self.at).min(bytes.len() as u64) as usize;
        self.at += bytes.len() as u64;
        if hidden > 0 {
            self.line.keep(MASK);
        }
        self.line.keep(&bytes[hidden..]);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.changed {
            return;
        }
        let number = line.number;
        let [old, new] = line.ended().map(|side| {
            // What is cut off at its sides may be another thing than it was as a whole.
            let text = String::from_utf8_lossy(&side).into_owned();
            self.redactor.redact_str(&text).into_owned()
        });
        let count = new.lines().count().max(1);
        let _ = writeln!(self.text, "@@ -{number},{count} +{number},{count} @@");
        for (mark, side) in [('-', old), ('+', new)] {
            for row in side.lines() {
                let row: String = row.chars().filter(|c| !c.is_control()).collect();
                let _ = writeln!(self.text, "{mark}{row}");
            }
        }
    }
}

impl Line {
    /// Keeps what is shown of it.
    fn keep(&mut self, bytes: &[u8]) {
        // Behind a change the beginning is shown too.
        let room = if self.changed { AROUND.saturating_sub(self.head.len()) } else { 0 };
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        let from = rest.len().saturating_sub(AROUND);
        self.tail.extend_from_slice(&rest[from..]);
        let more = self.tail.len().saturating_sub(AROUND);
        self.cut |= from > 0 || more > 0;
        self.tail.drain(..more);
    }

    /// Puts what was kept on both sides.
    fn settle(&mut self) {
        let dots = if std::mem::take(&mut self.cut) { "\u{2026}" } else { "" };
        let kept = [&*self.head, dots.as_bytes(), &*self.tail].concat();
        self.old.extend_from_slice(&kept);
        self.new.extend_from_slice(&kept);
        self.head.clear();
        self.tail.clear();
    }

    fn change(&mut self, with: &[u8], number: u64) {
        self.settle();
        if !std::mem::replace(&mut self.changed, true) {
            self.number = number;
        }
        self.old.extend_from_slice(MASK);
        self.old.extend(with.iter().filter(|byte| **byte == b'\n'));
        self.new.extend_from_slice(with);
    }

    fn ended(mut self) -> [Vec<u8>; 2] {
        // Of what follows the last change the beginning is enough.
        if !self.tail.is_empty() {
            self.tail.clear();
            self.cut = true;
        }
        self.settle();
        [self.old, self.new]
    }
}

impl Visit for Diff<'_> {
    fn kept(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.piece(line.strip_suffix(b"\n").unwrap_or(line));
            if line.ends_with(b"\n") {
                self.at += 1;
                self.end_line();
            }
        }
        self.noted.kept(bytes);
    }

    fn changed(&mut self, change: &Change<'_>) {
        self.line.change(change.with, self.noted.line());
        self.at = change.span.end();
        self.noted.changed(change);
    }

    fn left(&mut self, left: &Left<'_>) {
        self.hidden = self.hidden.max(left.span.end());
        self.noted.left(left);
    }

    fn over(&self) -> bool {
        (self.over)()
    }
}
