//! A set of bytes.

use regex_syntax::hir;

/// A set of bytes, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(crate) const EMPTY: Self = Self([0; 4]);

    pub(super) const fn of_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    pub(crate) fn single(byte: u8) -> Self {
        let mut set = Self::EMPTY;
        set.insert(byte);
        set
    }

    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.iter().zip([0, 64, 128, 192]).flat_map(|(&word, base)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as u8;
                left &= left.wrapping_sub(1);
                (bit < 64).then(|| base + bit)
            })
        })
    }

    /// The bytes of a class; `None` if it holds characters beyond ASCII, which are no single bytes.
    pub(crate) fn from_class(class: &hir::Class) -> Option<Self> {
        let mut set = Self::EMPTY;
        match class {
            hir::Class::Bytes(class) => {
                for range in class.iter() {
                    (range.start()..=range.end()).for_each(|byte| set.insert(byte));
                }
            }
            hir::Class::Unicode(class) => {
                for range in class.iter() {
                    let (start, end) = (u32::from(range.start()), u32::from(range.end()));
                    if end > 0x7F {
                        return None;
                    }
                    (start as u8..=end as u8).for_each(|byte| set.insert(byte));
                }
            }
        }
        Some(set)
    }
}
