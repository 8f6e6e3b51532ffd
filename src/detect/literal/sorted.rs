//! The sorted list of values and the candidates that narrow it.

use zeroize::Zeroizing;

use super::SecretId;

/// Values in order, without doubles.
#[derive(Default)]
pub(crate) struct Sorted {
    bytes: Zeroizing<Vec<u8>>,
    // Invariant: value `i` is `bytes[ends[i - 1]..ends[i]]`.
    ends: Vec<u32>,
    secrets: Vec<SecretId>,
}

impl Sorted {
    /// Takes values in order.
    pub(super) fn push(&mut self, value: &[u8], secret: SecretId) {
        self.bytes.extend_from_slice(value);
        let end = u32::try_from(self.bytes.len())
            .expect("under 4 GiB of values, checked when they are added");
        self.ends.push(end);
        self.secrets.push(secret);
    }

    pub(super) fn reserve(&mut self, values: usize, bytes: usize) {
        self.bytes.reserve_exact(bytes);
        self.ends.reserve_exact(values);
        self.secrets.reserve_exact(values);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn value(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    pub(super) fn secret(&self, index: usize) -> SecretId {
        self.secrets[index]
    }

    /// Runs of values that share their first `len` bytes, as index ranges. Values must be that long.
    pub(super) fn runs(&self, len: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let from = at;
            let first = (from < self.len()).then(|| &self.value(from)[..len])?;
            while at < self.len() && &self.value(at)[..len] == first {
                at += 1;
            }
            Some(from..at)
        })
    }

    /// Whether `text` is a proper prefix of some value.
    pub(super) fn is_live(&self, text: &[u8]) -> bool {
        self.successor(text).is_some()
    }

    /// The secret of the first value that `text` is a proper prefix of.
    pub(super) fn successor(&self, text: &[u8]) -> Option<SecretId> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.value(middle) <= text {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.len() && self.value(low).starts_with(text)).then(|| self.secret(low))
    }

    /// Reads `text`, which goes on where the candidate stopped.
    pub(super) fn advance(&self, live: &mut Live, mut text: &[u8]) -> Progress {
        while live.low < live.high {
            let (low, seen) = (live.low as usize, live.seen);
            let first = self.value(low);
            if first.len() == seen {
                live.best = Some((seen, self.secret(low)));
                live.low += 1;
            } else if text.is_empty() {
                return Progress::Pending;
            } else if live.high - live.low == 1 {
                let same = common_prefix(&first[seen..], text);
                live.seen += same;
                text = &text[same..];
                if live.seen < first.len() && !text.is_empty() {
                    live.low = live.high;
                }
            } else {
                self.narrow(live, text[0]);
                text = &text[1..];
            }
        }
        Progress::Done
    }

    fn narrow(&self, live: &mut Live, byte: u8) {
        let seen = live.seen;
        let part = |below: fn(u8, u8) -> bool| {
            let (mut low, mut high) = (live.low, live.high);
            while low < high {
                let middle = low + (high - low) / 2;
                if below(self.value(middle as usize)[seen], byte) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        (live.low, live.high) = (part(|a, b| a < b), part(|a, b| a <= b));
        live.seen += 1;
    }

    /// The secret that a pending candidate may be a part of.
    pub(super) fn first(&self, live: &Live) -> SecretId {
        self.secret(live.low as usize)
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 64;
    let mut at = 0;
    while at + STEP <= a.len().min(b.len()) && a[at..at + STEP] == b[at..at + STEP] {
        at += STEP;
    }
    at + a[at..].iter().zip(&b[at..]).take_while(|(a, b)| a == b).count()
}

/// A place where values may stand: those of `low..high` agree with the first `seen` bytes.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) start: u64,
    pub(super) list: u8,
    low: u32,
    high: u32,
    pub(super) seen: usize,
    /// The longest value that is complete: its length and its secret.
    pub(crate) best: Option<(usize, SecretId)>,
}

impl Live {
    pub(crate) fn new(start: u64, list: u8, range: (u32, u32)) -> Self {
        Self { start, list, low: range.0, high: range.1, seen: 0, best: None }
    }

    /// How many bytes agree.
    pub(crate) fn seen(&self) -> usize {
        self.seen
    }

    /// Offset of the next byte to read.
    pub(crate) fn read(&self) -> u64 {
        self.start + self.seen as u64
    }
}

/// Whether a candidate needs more bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    Pending,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Sorted {
        let mut sorted = Sorted::default();
        values.iter().enumerate().for_each(|(i, value)| sorted.push(value.as_bytes(), i as u32));
        sorted
    }

    #[test]
    fn the_longest_complete_value_wins_and_longer_ones_wait() {
        let sorted = list(&["ab", "abcd", "abce", "b"]);
        let mut live = Live::new(0, 0, (0, 3));
        assert_eq!(sorted.advance(&mut live, b"abc"), Progress::Pending);
        assert_eq!(live.best, Some((2, 0)));
        assert_eq!(sorted.advance(&mut live, b"ez"), Progress::Done);
        assert_eq!(live.best, Some((4, 2)));
    }

    #[test]
    fn prefixes_are_live_until_refuted() {
        let sorted = list(&["ab", "abcd", "b"]);
        assert!(sorted.is_live(b"a") && sorted.is_live(b"ab") && sorted.is_live(b"abc"));
        assert!(!sorted.is_live(b"abcd") && !sorted.is_live(b"ac") && !sorted.is_live(b"b"));
    }
}
