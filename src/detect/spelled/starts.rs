//! What forms begin with: which escapes can stand in one, and where it would begin.

use super::LOOKBACK;
use crate::rule::ByteSet;

/// Bits for each entry of a filter.
const BITS: usize = 16;
const MULTIPLIER: u32 = 0x9E37_79B1;

/// Filters over the first bytes of all forms. They may say yes wrongly, and never no.
#[derive(Default)]
pub(crate) struct Starts {
    /// The first four bytes.
    first: Filter,
    /// Any four bytes in a row of which the second may be the first that is escaped.
    inner: Filter,
    /// The same, of two bytes, where a form ends before it has four.
    last: Filter,
    /// Every byte of any form.
    bytes: Option<ByteSet>,
}

impl Starts {
    pub(crate) fn new<'a>(forms: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let all = forms.clone().map(|form| form.len().min(LOOKBACK)).sum();
        let mut starts = Self {
            first: Filter::new(forms.clone().count()),
            inner: Filter::new(all),
            last: Filter::new(all),
            bytes: None,
        };
        forms.for_each(|form| starts.add(form));
        starts
    }

    fn add(&mut self, form: &[u8]) {
        let bytes = self.bytes.get_or_insert(ByteSet::EMPTY);
        form.iter().for_each(|&byte| bytes.insert(byte));
        if let Some(first) = form.first_chunk() {
            self.first.add(*first);
        }
        for at in 0..form.len().saturating_sub(1).min(LOOKBACK) {
            match form[at..].first_chunk() {
                Some(gram) => self.inner.add(*gram),
                None => self.last.add([form[at], form[at + 1], 0, 0]),
            }
        }
    }

    /// Whether some form holds `byte`.
    pub(crate) fn knows(&self, byte: u8) -> bool {
        self.bytes.is_some_and(|bytes| bytes.contains(byte))
    }

    /// Whether some form may begin with `first`.
    pub(crate) fn begins(&self, first: [u8; 4]) -> bool {
        self.first.allows(first)
    }

    /// Whether in some form `before` may be followed by `ahead`, of which three bytes count.
    pub(crate) fn joins(&self, before: u8, ahead: &[u8]) -> bool {
        match *ahead {
            [a, b, c, ..] => {
                self.inner.allows([before, a, b, c]) || self.last.allows([before, a, 0, 0])
            }
            _ => true,
        }
    }
}

/// A set of grams with false members: one bit each.
#[derive(Default)]
struct Filter {
    words: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn new(entries: usize) -> Self {
        let words = (entries * BITS / 64).next_power_of_two().max(16);
        Self { words: vec![0; words], shift: 32 - words.trailing_zeros() }
    }

    fn add(&mut self, gram: [u8; 4]) {
        let hash = hash(gram);
        self.words[(hash >> self.shift) as usize] |= 1 << (hash & 63);
    }

    fn allows(&self, gram: [u8; 4]) -> bool {
        let hash = hash(gram);
        let word = self.words.get((hash >> self.shift) as usize);
        word.is_some_and(|word| word >> (hash & 63) & 1 == 1)
    }
}

fn hash(gram: [u8; 4]) -> u32 {
    let product = u32::from_le_bytes(gram).wrapping_mul(MULTIPLIER);
    product ^ product >> 15
}
