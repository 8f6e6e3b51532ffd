//! Half-open byte ranges.

use std::fmt;

/// A half-open range of bytes, `start..end`, counted from the first byte of the input or stream.
///
/// ```
/// use keepmum::Span;
///
/// let span = Span::new(4, 10);
/// assert_eq!((span.len(), span.contains(9), span.contains(10)), (6, true, false));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: u64,
    // Invariant: start <= end.
    end: u64,
}

impl Span {
    /// A span from `start` to `end`; an `end` before `start` gives the empty span at `start`.
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Offset of the first byte.
    pub fn start(self) -> u64 {
        self.start
    }

    /// Offset after the last byte.
    pub fn end(self) -> u64 {
        self.end
    }

    /// Number of bytes.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether there is no byte in it.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the byte at `offset` lies inside.
    pub fn contains(self, offset: u64) -> bool {
        self.start <= offset && offset < self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
