//! The exact table of four-byte grams, letters folded.

use super::plan::{Fragment, GRAM};
use super::{Hit, Target};
use crate::rule::{ByteSet, Head};

/// Bits of the hash that index the bitmap: 64 Kbit, 8 KiB.
const BITMAP_BITS: u32 = 16;

pub(super) struct Grams {
    bitmap: Box<[u64; 1 << (BITMAP_BITS - 6)]>,
    /// Open addressing over `slots`; the length is a power of two.
    slots: Vec<Slot>,
    entries: Vec<Entry>,
}

/// A gram and its run of entries. An empty slot has none.
#[derive(Clone, Copy, Default)]
struct Slot {
    gram: u32,
    from: u32,
    count: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    offset: u32,
    target: Target,
    /// The first bytes of the head, letters folded: a gram alone stands in many words.
    rest: Rest,
}

/// What eight bytes have to be, where they have one spelling.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Rest {
    mask: u64,
    value: u64,
}

impl Rest {
    fn of(head: &[ByteSet]) -> Self {
        let mut rest = Self::default();
        for (place, set) in head.iter().take(8).enumerate() {
            let mut folded = set.iter().map(|byte| byte | 0x20);
            if let Some(first) = folded.next()
                && folded.all(|byte| byte == first)
            {
                rest.mask |= 0xFF << (8 * place);
                rest.value |= u64::from(first) << (8 * place);
            }
        }
        rest
    }

    /// Whether `haystack` may have it at `start`. Too near the end it may.
    #[inline]
    fn stands_at(self, haystack: &[u8], start: usize) -> bool {
        let Some(bytes) = haystack[start..].first_chunk() else { return true };
        (u64::from_le_bytes(*bytes) | 0x2020_2020_2020_2020) & self.mask == self.value
    }
}

impl Grams {
    /// From windows, each with its head and what that stands for.
    pub(super) fn new<'a>(windows: impl Iterator<Item = (&'a Fragment, &'a Head, Target)>) -> Self {
        let mut all: Vec<(u32, Entry)> = Vec::with_capacity(8 * windows.size_hint().0);
        for (fragment, head, target) in windows {
            let rest = Rest::of(&head.sets);
            let entry = Entry { offset: fragment.offset as u32, target, rest };
            all.extend(spellings(fragment).into_iter().map(|gram| (gram, entry)));
        }
        // One number, so that two are compared at once: there are thousands.
        let key = |(gram, entry): &(u32, Entry)| {
            let sorts = u64::from(*gram) << 32 | u64::from(entry.target);
            u128::from(sorts) << 64 | u128::from(entry.rest.value ^ u64::from(entry.offset))
        };
        all.sort_unstable_by_key(key);
        all.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
        let mut grams = Self {
            bitmap: Box::new([0; 1 << (BITMAP_BITS - 6)]),
            slots: vec![Slot::default(); (all.len() * 2).next_power_of_two()],
            entries: all.iter().map(|(_, entry)| *entry).collect(),
        };
        let mut from = 0;
        for run in all.chunk_by(|a, b| a.0 == b.0) {
            grams.insert(Slot { gram: run[0].0, from, count: run.len() as u32 });
            from += run.len() as u32;
        }
        grams
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn insert(&mut self, slot: Slot) {
        let hash = hash(slot.gram);
        self.bitmap[(hash >> 6) as usize] |= 1 << (hash & 63);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].count > 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    /// Appends the hits at those of `positions` whose gram is known. The list is used as scratch memory: positions that
    /// pass the bitmap move to its front, without a branch on whether they do.
    pub(super) fn look_up(&self, haystack: &[u8], positions: &mut [u32], hits: &mut Vec<Hit>) {
        let mut kept = 0;
        for at in 0..positions.len() {
            let position = positions[at];
            let hash = hash(gram(haystack, position));
            positions[kept] = position;
            kept += (self.bitmap[(hash >> 6) as usize] >> (hash & 63) & 1) as usize;
        }
        for &position in &positions[..kept] {
            let gram = gram(haystack, position);
            self.confirm(haystack, position as usize, gram, hits);
        }
    }

    fn confirm(&self, haystack: &[u8], position: usize, gram: u32, hits: &mut Vec<Hit>) {
        let mask = self.slots.len() - 1;
        let mut at = hash(gram) as usize & mask;
        while self.slots[at].count > 0 {
            let slot = self.slots[at];
            if slot.gram == gram {
                let run = &self.entries[slot.from as usize..(slot.from + slot.count) as usize];
                for entry in run {
                    let Some(start) = position.checked_sub(entry.offset as usize) else { continue };
                    let hit = Hit { start, target: entry.target };
                    // Two heads of one target may look the same here.
                    if entry.rest.stands_at(haystack, start) && hits.last() != Some(&hit) {
                        hits.push(hit);
                    }
                }
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// The folded gram at `position`. Positions come from a filter that leaves room for it.
#[inline]
fn gram(haystack: &[u8], position: u32) -> u32 {
    let bytes = haystack.get(position as usize..position as usize + GRAM);
    bytes.map_or(0, |bytes| fold(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])))
}

/// Folds letters to lower case; other bytes may collide, which only over-reports.
fn fold(gram: u32) -> u32 {
    gram | 0x2020_2020
}

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1) >> (32 - BITMAP_BITS)
}

/// Every folded gram that the window accepts.
fn spellings(fragment: &Fragment) -> Vec<u32> {
    let mut all = vec![0_u32];
    for (place, set) in fragment.gram.iter().enumerate() {
        let mut folded: Vec<u32> =
            set.iter().map(|byte| u32::from(byte | 0x20) << (8 * place)).collect();
        folded.sort_unstable();
        folded.dedup();
        all = all.iter().flat_map(|head| folded.iter().map(move |byte| head | byte)).collect();
    }
    all
}
