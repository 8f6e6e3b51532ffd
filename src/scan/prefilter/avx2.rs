//! The filter in AVX2: 32 positions at once. The one module with unsafe code.
#![expect(unsafe_code, reason = "vector intrinsics; bounds are asserted at the entry")]

use std::arch::x86_64::*;

use super::LANES;
use super::masks::{GROUPS, Masks};
use super::plan::WIDTH;

/// Positions of a vector that are written without asking whether there are as many.
const EAGER: usize = 4;

/// As [`portable::filter`](super::portable::filter). The caller has detected AVX2.
pub(super) fn filter(
    masks: &Masks,
    haystack: &[u8],
    from: usize,
    vectors: usize,
    out: &mut [u32],
    count: usize,
) -> usize {
    assert!(from + vectors * LANES + WIDTH - 1 <= haystack.len());
    assert!(count + vectors * LANES + EAGER <= out.len());
    // SAFETY: `Level::detect` found AVX2; loads of vector `v` at position `p` read bytes `from + 32 v + p ..+ 32`, with
    // p < WIDTH, inside `haystack` by the first assertion; every vector writes at most LANES positions, inside `out` by
    // the second.
    unsafe { filter_avx2(masks, haystack, from, vectors, out, count) }
}

#[target_feature(enable = "avx2,bmi1,popcnt")]
unsafe fn filter_avx2(
    masks: &Masks,
    haystack: &[u8],
    from: usize,
    vectors: usize,
    out: &mut [u32],
    mut count: usize,
) -> usize {
    // SAFETY: tables are 16 bytes each.
    let table = |bytes: &[u8; 16]| unsafe {
        _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast()))
    };
    let low: [[__m256i; GROUPS]; WIDTH] = masks.low.each_ref().map(|p| p.each_ref().map(table));
    let high: [[__m256i; GROUPS]; WIDTH] = masks.high.each_ref().map(|p| p.each_ref().map(table));
    let nibble = _mm256_set1_epi8(15);
    for vector in 0..vectors {
        let at = from + vector * LANES;
        let mut accepted = [_mm256_set1_epi8(-1); GROUPS];
        for position in 0..WIDTH {
            // SAFETY: see `filter`.
            let bytes = unsafe { _mm256_loadu_si256(haystack.as_ptr().add(at + position).cast()) };
            let lows = _mm256_and_si256(bytes, nibble);
            let highs = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
            for group in 0..GROUPS {
                let both = _mm256_and_si256(
                    _mm256_shuffle_epi8(low[position][group], lows),
                    _mm256_shuffle_epi8(high[position][group], highs),
                );
                accepted[group] = _mm256_and_si256(accepted[group], both);
            }
        }
        let any =
            accepted.iter().fold(_mm256_setzero_si256(), |any, &group| _mm256_or_si256(any, group));
        let none = _mm256_cmpeq_epi8(any, _mm256_setzero_si256());
        let mut passed = !(_mm256_movemask_epi8(none) as u32);
        // Most vectors have few positions: their number is not branched on. Slots beyond it are written over.
        let found = passed.count_ones() as usize;
        for slot in 0..EAGER {
            // SAFETY: `EAGER` slots are free beyond the list; see `filter`.
            unsafe { *out.get_unchecked_mut(count + slot) = at as u32 + passed.trailing_zeros() };
            passed &= passed.wrapping_sub(1);
        }
        for slot in EAGER..found {
            // SAFETY: at most LANES writes a vector; see `filter`.
            unsafe { *out.get_unchecked_mut(count + slot) = at as u32 + passed.trailing_zeros() };
            passed &= passed - 1;
        }
        count += found;
    }
    count
}
