//! The filter without vectors: the reference for the others, and what runs where they cannot.

use super::LANES;
use super::masks::{GROUPS, Masks};
use super::plan::WIDTH;

/// Appends to `out` the positions of `vectors` runs of [`LANES`] bytes from `from` that pass, and returns the new count.
pub(super) fn filter(
    masks: &Masks,
    haystack: &[u8],
    from: usize,
    vectors: usize,
    out: &mut [u32],
    mut count: usize,
) -> usize {
    for at in from..from + vectors * LANES {
        out[count] = at as u32;
        count += usize::from(passes(masks, &haystack[at..at + WIDTH]));
    }
    count
}

fn passes(masks: &Masks, window: &[u8]) -> bool {
    let mut buckets = [u8::MAX; GROUPS];
    for (position, &byte) in window.iter().enumerate() {
        for (group, set) in buckets.iter_mut().enumerate() {
            *set &= masks.low[position][group][usize::from(byte & 15)]
                & masks.high[position][group][usize::from(byte >> 4)];
        }
        if buckets == [0; GROUPS] {
            return false;
        }
    }
    true
}
