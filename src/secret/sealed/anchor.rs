//! Fingerprints of the first bytes of forms.

/// How many bytes a fingerprint is of.
pub(crate) const ANCHOR: usize = 8;

/// A keyed fingerprint of eight bytes: 24 bits, quick enough for every position of an input.
///
/// It is a filter and no hash that withstands attack: who knows the key learns 24 bits of the eight bytes, and who knows
/// some forms of a set may learn the key of its fingerprints, which opens no hash.
#[derive(Clone)]
pub(crate) struct Anchor {
    mask: u64,
    multiplier: u64,
}

impl Anchor {
    /// How many bits a fingerprint has.
    pub(crate) const BITS: u32 = 24;

    pub(super) fn new(mask: u64, multiplier: u64) -> Self {
        Self { mask, multiplier: multiplier | 1 }
    }

    /// The fingerprint of what a form begins with.
    #[inline]
    pub(crate) fn of(&self, first: [u8; ANCHOR]) -> u32 {
        let product = (u64::from_le_bytes(first) ^ self.mask).wrapping_mul(self.multiplier);
        (product >> (u64::BITS - Self::BITS)) as u32
    }
}
