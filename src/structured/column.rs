//! Many small values that lie end to end, such as a column of strings.
//!
//! 1. Values are taken in groups that fit a near cache. The prefilter looks over a group as if it was one input.
//! 2. What it suspects lies in some values. Those are judged, each as an input of its own; the others are clean.
//!
//! The law: it is as if every value had been redacted alone. A secret is not found across two values, and a value is not
//! judged by what stands beside it.

use std::borrow::Cow;

use crate::Redactor;

/// Bytes of a group: many values, and little enough for a near cache. Other sizes were not measured.
const GROUP: usize = 16 << 10;

/// From this length on a value is looked at alone: the engine reads it block by block.
const LONG: usize = 4 << 10;

impl Redactor {
    /// Redacts values that lie end to end in `bytes`, each as [`redact`](Self::redact) would: the first begins at 0, and
    /// each ends at the next of `ends`, where the one behind it begins. Calls `changed` with the number and the new bytes
    /// of those that are not clean, in order.
    ///
    /// Clean values cost hardly more than the same bytes in one input, however short they are.
    ///
    /// ```
    /// use keepmum::Redactor;
    ///
    /// let redactor = Redactor::builder().secret("pw", "correct horse")?.build()?;
    /// let mut changed = Vec::new();
    /// redactor.redact_column(b"hellocorrect horsecorrect horse", [5, 18, 25, 31], |at, new| changed.push((at, new)));
    /// assert_eq!(changed, [(1, b"[REDACTED:pw]".to_vec())]);
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If an end lies before the one before it or behind the end of `bytes`.
    pub fn redact_column(
        &self,
        bytes: &[u8],
        ends: impl IntoIterator<Item = usize>,
        changed: impl FnMut(usize, Vec<u8>),
    ) {
        let mut group =
            Group { redactor: self, bytes, number: 0, start: 0, ends: Vec::new(), changed };
        ends.into_iter().for_each(|end| group.add(end));
        group.look();
    }
}

/// Values that are looked over together.
struct Group<'a, F> {
    redactor: &'a Redactor,
    bytes: &'a [u8],
    /// Of the first value.
    number: usize,
    /// Where the first value begins.
    start: usize,
    /// Where values end, from there.
    ends: Vec<usize>,
    changed: F,
}

impl<F: FnMut(usize, Vec<u8>)> Group<'_, F> {
    fn add(&mut self, end: usize) {
        let length = end - self.start - self.ends.last().copied().unwrap_or(0);
        if length >= LONG {
            self.look();
            self.long(end);
            return;
        }
        self.ends.push(end - self.start);
        if end - self.start >= GROUP {
            self.look();
        }
    }

    /// Looks over the group, and begins the next one behind it.
    fn look(&mut self) {
        let Some(&length) = self.ends.last() else { return };
        let Self { redactor, number, changed, .. } = self;
        let text = &self.bytes[self.start..self.start + length];
        redactor.redact_parts(text, &self.ends, |at, new| changed(*number + at, new));
        self.number += self.ends.len();
        self.start += length;
        self.ends.clear();
    }

    /// A value that is a group of its own.
    fn long(&mut self, end: usize) {
        if let Cow::Owned(new) = self.redactor.redact(&self.bytes[self.start..end]) {
            (self.changed)(self.number, new);
        }
        (self.number, self.start) = (self.number + 1, end);
    }
}
