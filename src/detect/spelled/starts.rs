//! Which four bytes a form can begin with.

use crate::rule::ByteSet;

/// Bits for each form.
const BITS: usize = 16;
const MULTIPLIER: u32 = 0x9E37_79B1;

/// A filter over the first four bytes of forms, and the set of all bytes in them.
#[derive(Default)]
pub(crate) struct Starts {
    filter: Vec<u64>,
    shift: u32,
    bytes: Option<ByteSet>,
}

impl Starts {
    pub(crate) fn new<'a>(forms: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let words = (forms.clone().count() * BITS / 64).next_power_of_two().max(16);
        let mut starts = Self {
            filter: vec![0; words],
            shift: 32 - words.trailing_zeros(),
            bytes: Some(ByteSet::EMPTY),
        };
        for form in forms {
            if let (Some(first), Some(bytes)) = (form.first_chunk(), &mut starts.bytes) {
                form.iter().for_each(|&byte| bytes.insert(byte));
                let hash = hash(*first);
                starts.filter[(hash >> starts.shift) as usize] |= 1 << (hash & 63);
            }
        }
        starts
    }

    /// Whether some form holds `byte`.
    pub(crate) fn knows(&self, byte: u8) -> bool {
        self.bytes.is_some_and(|bytes| bytes.contains(byte))
    }

    /// Whether some form may begin with `first`.
    pub(crate) fn allows(&self, first: [u8; 4]) -> bool {
        let hash = hash(first);
        let word = self.filter.get((hash >> self.shift) as usize);
        word.is_some_and(|word| word >> (hash & 63) & 1 == 1)
    }
}

fn hash(first: [u8; 4]) -> u32 {
    let product = u32::from_le_bytes(first).wrapping_mul(MULTIPLIER);
    product ^ product >> 15
}
