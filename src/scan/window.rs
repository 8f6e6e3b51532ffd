//! A piece of the stream, with absolute offsets.

/// Bytes that lie at `base` in the stream. Everything in the engine speaks of absolute offsets, so that a candidate that
/// began in one piece goes on in the next.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) base: u64,
}

impl<'a> Window<'a> {
    pub(crate) fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, base }
    }

    pub(crate) fn end(self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// Where `offset` lies in `bytes`; an offset outside gives the nearest end.
    pub(crate) fn index(self, offset: u64) -> usize {
        offset.saturating_sub(self.base).min(self.bytes.len() as u64) as usize
    }

    pub(crate) fn slice(self, start: u64, end: u64) -> &'a [u8] {
        let (start, end) = (self.index(start), self.index(end));
        &self.bytes[start..end.max(start)]
    }

    pub(crate) fn from(self, start: u64) -> &'a [u8] {
        &self.bytes[self.index(start)..]
    }

    pub(crate) fn before(self, offset: u64) -> &'a [u8] {
        &self.bytes[..self.index(offset)]
    }
}
