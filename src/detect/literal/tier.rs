//! Probing every `STRIDE`th position for one of very many values.
//!
//! A value of at least `STRIDE + KEY - 1` bytes contains, whatever the phase, one probed position among its first
//! `STRIDE` offsets with `KEY` bytes of it behind. So each value costs `STRIDE` entries, and the input one multiplication
//! and one load for each `STRIDE` bytes.

use super::sorted::Sorted;

/// Bits of the filter for each entry: two set, so about 2 % pass by chance.
const BITS: usize = 12;
/// Odd multiplier of the hash; only the upper half of the product is used, for the lower bits of short keys are zero.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Index of the values of one list.
pub(super) struct Tier<const STRIDE: usize, const KEY: usize> {
    filter: Vec<u64>,
    filter_shift: u32,
    /// Entries of hash bucket `b`: `entries[starts[b]..starts[b + 1]]`.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    bucket_shift: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    // Upper half of the hash: almost always tells the keys of a bucket apart.
    tag: u32,
    low: u32,
    high: u32,
    phase: u8,
}

/// A place where a value may stand, and the range of the list that it may be.
pub(super) struct Probe {
    pub(super) start: usize,
    pub(super) range: (u32, u32),
}

impl<const STRIDE: usize, const KEY: usize> Tier<STRIDE, KEY> {
    /// Shortest value that this tier finds.
    pub(super) const SHORTEST: usize = STRIDE + KEY - 1;

    pub(super) fn new(list: &Sorted) -> Self {
        let mut keyed: Vec<(u64, Entry)> = Vec::with_capacity(list.len() * STRIDE);
        for phase in 0..STRIDE {
            for run in list.runs(phase + KEY) {
                let hash = hash(key::<KEY>(&list.value(run.start)[phase..]));
                let (low, high) = (run.start as u32, run.end as u32);
                keyed.push((hash, Entry { tag: hash as u32, low, high, phase: phase as u8 }));
            }
        }
        let words = (keyed.len() * BITS / 64).next_power_of_two().max(16);
        let buckets = keyed.len().next_power_of_two().max(16);
        let mut tier = Self {
            filter: vec![0; words],
            filter_shift: 64 - words.trailing_zeros(),
            starts: vec![0; buckets + 1],
            entries: vec![Entry { tag: 0, low: 0, high: 0, phase: 0 }; keyed.len()],
            bucket_shift: 64 - buckets.trailing_zeros(),
        };
        tier.fill(&keyed);
        tier
    }

    /// Counting sort by bucket: any number of equal keys costs the same.
    fn fill(&mut self, keyed: &[(u64, Entry)]) {
        for (hash, _) in keyed {
            self.filter[(hash >> self.filter_shift) as usize] |= bits(*hash);
            self.starts[(hash >> self.bucket_shift) as usize + 1] += 1;
        }
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
        let mut next = self.starts.clone();
        for (hash, entry) in keyed {
            let place = &mut next[(hash >> self.bucket_shift) as usize];
            self.entries[*place as usize] = *entry;
            *place += 1;
        }
    }

    /// Calls `found` for every place from `from` on where a value may stand that a probe in `at..to` shows.
    pub(super) fn probe(
        &self,
        haystack: &[u8],
        from: usize,
        at: usize,
        to: usize,
        mut found: impl FnMut(Probe),
    ) {
        let last = to.min((haystack.len() + 1).saturating_sub(KEY));
        // Keys are read as eight bytes where there are as many.
        let whole = to.min((haystack.len() + 1).saturating_sub(8));
        let mut at = at;
        while at < whole {
            self.test(at, from, hash(key::<KEY>(&haystack[at..])), &mut found);
            at += STRIDE;
        }
        while at < last {
            self.test(at, from, hash(key::<KEY>(&haystack[at..])), &mut found);
            at += STRIDE;
        }
    }

    #[inline]
    fn test(&self, at: usize, from: usize, hash: u64, found: &mut impl FnMut(Probe)) {
        let bits = bits(hash);
        if self.filter[(hash >> self.filter_shift) as usize] & bits == bits {
            self.report(at, from, hash, found);
        }
    }

    #[cold]
    fn report(&self, at: usize, from: usize, hash: u64, found: &mut impl FnMut(Probe)) {
        let bucket = (hash >> self.bucket_shift) as usize;
        let entries = &self.entries[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        for entry in entries.iter().filter(|entry| entry.tag == hash as u32) {
            if at - from >= usize::from(entry.phase) {
                found(Probe {
                    start: at - usize::from(entry.phase),
                    range: (entry.low, entry.high),
                });
            }
        }
    }
}

/// The first `KEY` bytes as a number.
#[inline]
fn key<const KEY: usize>(bytes: &[u8]) -> u64 {
    const { assert!(KEY <= 8) };
    match bytes.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word) << (64 - 8 * KEY) >> (64 - 8 * KEY),
        None => bytes[..KEY].iter().rev().fold(0, |key, &byte| key << 8 | u64::from(byte)),
    }
}

#[inline]
fn hash(key: u64) -> u64 {
    let product = key.wrapping_mul(MULTIPLIER);
    product ^ product >> 32
}

/// Two bits of a filter word, from bits that choose no word.
#[inline]
fn bits(hash: u64) -> u64 {
    1 << (hash >> 26 & 63) | 1 << (hash >> 32 & 63)
}
