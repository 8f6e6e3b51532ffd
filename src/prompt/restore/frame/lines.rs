//! A document on each line.

use super::Frame;

/// A line until its end.
#[derive(Debug, Default)]
pub(in super::super) struct Lines(Vec<u8>);

impl Lines {
    pub(super) fn push(&mut self, mut chunk: &[u8], found: &mut impl FnMut(Frame)) {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            self.0.extend_from_slice(&chunk[..=end]);
            chunk = &chunk[end + 1..];
            let raw = std::mem::take(&mut self.0);
            let len = raw.trim_ascii_end().len();
            found(Frame::of(raw, 0..len));
        }
        self.0.extend_from_slice(chunk);
    }

    pub(super) fn held(&self) -> usize {
        self.0.len()
    }

    /// The line that has no end.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
