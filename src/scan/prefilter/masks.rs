//! The filter's tables, laid out for shuffles.

use super::plan::{BUCKETS, Bucket, Nibbles, WIDTH};

/// For each position, group of eight buckets and nibble value: which buckets accept it.
pub(super) struct Masks {
    /// `[position][group]`, indexed by the low nibble.
    pub(super) low: [[[u8; 16]; GROUPS]; WIDTH],
    /// The same by the high nibble.
    pub(super) high: [[[u8; 16]; GROUPS]; WIDTH],
}

/// Groups of eight buckets.
pub(super) const GROUPS: usize = BUCKETS / 8;

impl Masks {
    pub(super) fn new(buckets: &[Bucket; BUCKETS]) -> Self {
        let table = |nibbles: fn(&Nibbles) -> u16| {
            std::array::from_fn(|position| {
                std::array::from_fn(|group| {
                    std::array::from_fn(|value| {
                        (0..8).fold(0, |byte, bit| {
                            let set = nibbles(&buckets[group * 8 + bit][position]);
                            byte | u8::from(set >> value & 1 == 1) << bit
                        })
                    })
                })
            })
        };
        Self { low: table(|nibbles| nibbles.low), high: table(|nibbles| nibbles.high) }
    }
}
