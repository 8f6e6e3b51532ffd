//! Server-sent events.

use std::ops::Range;

use super::Frame;

/// Lines of an event until the blank one that ends it. A line ends in `\n`, `\r\n` or `\r`.
#[derive(Debug, Default)]
pub(in super::super) struct Sse {
    raw: Vec<u8>,
    /// Where the line begins that is being read.
    line: usize,
    data: Vec<Range<usize>>,
    /// Whether lines other than comments were read.
    fields: Fields,
    before: Before,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Fields {
    #[default]
    None,
    Some,
}

/// What the last byte was.
#[derive(Debug, Default, PartialEq, Eq)]
enum Before {
    /// A `\r`, so that `\n` belongs to its line end.
    Return,
    #[default]
    Other,
}

impl Sse {
    pub(super) fn push(&mut self, mut chunk: &[u8], found: &mut impl FnMut(Frame)) {
        while let Some(&first) = chunk.first() {
            if std::mem::take(&mut self.before) == Before::Return && first == b'\n' {
                self.raw.push(first);
                self.line = self.raw.len();
                chunk = &chunk[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', chunk) else {
                self.raw.extend_from_slice(chunk);
                return;
            };
            self.raw.extend_from_slice(&chunk[..=end]);
            if chunk[end] == b'\r' {
                self.before = Before::Return;
            }
            chunk = &chunk[end + 1..];
            self.end_line(found);
        }
    }

    /// The last byte of `raw` ends a line.
    fn end_line(&mut self, found: &mut impl FnMut(Frame)) {
        let line = self.line..self.raw.len() - 1;
        self.line = self.raw.len();
        let text = &self.raw[line.clone()];
        if text.is_empty() || (text[0] == b':' && self.fields == Fields::None) {
            found(self.take());
            return;
        }
        self.fields = Fields::Some;
        match text.strip_prefix(b"data") {
            Some([]) => self.data.push(line.end..line.end),
            Some([b':', b' ', ..]) => self.data.push(line.start + 6..line.end),
            Some([b':', ..]) => self.data.push(line.start + 5..line.end),
            _ => {}
        }
    }

    fn take(&mut self) -> Frame {
        let old = std::mem::take(self);
        self.before = old.before;
        Frame { raw: old.raw, payload: old.data, ..Frame::default() }
    }

    pub(super) fn held(&self) -> usize {
        self.raw.len()
    }

    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.take().raw
    }
}
