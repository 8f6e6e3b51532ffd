//! How often values stand in a sample.

use std::fmt;

use memchr::memmem::Finder;
use zeroize::Zeroizing;

use super::value::Secret;

/// Counts how often the values of some secrets stand in an input, even of those that are too short or too common to be
/// looked for. White space around values does not count.
///
/// Each value is looked for by itself: this is for few secrets, or for a sample.
///
/// ```
/// use keepmum::{Occurrences, Secret};
///
/// let secrets = [Secret::new("mode", "on"), Secret::new("none", "")];
/// let mut occurrences = Occurrences::new(&secrets);
/// occurrences.push(b"on and o");
/// occurrences.push(b"n");
/// assert_eq!(occurrences.counts(), [2, 0]);
/// ```
pub struct Occurrences<'a> {
    secrets: &'a [Secret],
    counts: Vec<u64>,
    /// For each value, up to where what was counted reaches, in the whole input.
    counted: Vec<usize>,
    longest: usize,
    /// The end of the input so far, long enough for the beginning of any value.
    carry: Zeroizing<Vec<u8>>,
    /// Where the carry begins in the whole input.
    start: usize,
}

impl<'a> Occurrences<'a> {
    /// Nothing was counted yet.
    pub fn new(secrets: &'a [Secret]) -> Self {
        let (counts, counted) = (vec![0; secrets.len()], vec![0; secrets.len()]);
        let longest = secrets.iter().map(|secret| value(secret).len()).max().unwrap_or(0);
        Self { secrets, counts, counted, longest, carry: Zeroizing::default(), start: 0 }
    }

    /// Counts on with the next chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        let mut text = Zeroizing::new(Vec::with_capacity(self.carry.len() + chunk.len()));
        text.extend_from_slice(&self.carry);
        text.extend_from_slice(chunk);
        for (at, secret) in self.secrets.iter().enumerate() {
            let finder = Finder::new(value(secret));
            let length = finder.needle().len();
            if length == 0 {
                continue;
            }
            let mut from = self.counted[at].saturating_sub(self.start);
            while let Some(found) = text.get(from..).and_then(|rest| finder.find(rest)) {
                from += found + length;
                self.counts[at] += 1;
                self.counted[at] = self.start + from;
            }
        }
        let dropped = text.len().saturating_sub(self.longest.saturating_sub(1));
        self.carry = Zeroizing::new(text[dropped..].to_vec());
        self.start += dropped;
    }

    /// How often each value was found, in the order in which the secrets were given. Of occurrences that overlap the first
    /// one counts.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}

fn value(secret: &Secret) -> &[u8] {
    secret.value().trim_ascii()
}

impl fmt::Debug for Occurrences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Occurrences").field("counts", &self.counts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_the_same_however_the_input_is_cut() {
        let secrets = ["ab", "aba", "b", "abaabab"].map(|value| Secret::new("s", value));
        let input = b"abaababaabababbaabaabab";
        for first in 0..=input.len() {
            for second in first..=input.len() {
                let mut occurrences = Occurrences::new(&secrets);
                let chunks = [&input[..first], &input[first..second], &input[second..]];
                chunks.iter().for_each(|chunk| occurrences.push(chunk));
                assert_eq!(occurrences.counts(), [9, 5, 10, 2], "{first} {second}");
            }
        }
    }
}
