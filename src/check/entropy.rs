//! Shannon entropy.

/// Entropy of the distribution of bytes in `bytes`, in bits per byte: 0 for a run of one byte, 4 for sixteen different
/// ones, at most `log2(len)`.
pub(crate) fn bits_per_byte(bytes: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = bytes.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distributions() {
        assert_eq!(bits_per_byte(b""), 0.0);
        assert_eq!(bits_per_byte(b"aaaa"), 0.0);
        assert_eq!(bits_per_byte(b"abab"), 1.0);
        assert_eq!(bits_per_byte(b"0123456789abcdef"), 4.0);
    }
}
