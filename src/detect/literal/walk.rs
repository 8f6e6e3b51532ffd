//! Values that begin again inside themselves, such as `aaaaaaab`.
//!
//! Many candidates of one such value can be alive at once, and reading each on its own would take quadratic time. A
//! failure function (Knuth, Morris and Pratt) follows the longest and knows the others.

use zeroize::Zeroizing;

use super::SecretId;

pub(crate) struct Walk {
    value: Zeroizing<Vec<u8>>,
    /// `fail[i]`: length of the longest proper border of the first `i + 1` bytes.
    fail: Vec<u32>,
    pub(crate) secret: SecretId,
}

/// How far a walk has come: `seen` bytes of the value end at `at`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WalkStep {
    pub(crate) walk: u32,
    pub(crate) at: u64,
    pub(crate) seen: usize,
}

impl Walk {
    /// A walk for `value` if its first `head` bytes stand in it again.
    pub(super) fn needed(value: &[u8], head: usize, secret: SecretId) -> Option<Self> {
        let again = memchr::memmem::find(&value[1..], &value[..head.min(value.len())]).is_some();
        again.then(|| Self { value: Zeroizing::new(value.to_vec()), fail: borders(value), secret })
    }

    pub(crate) fn value(&self) -> &[u8] {
        &self.value
    }

    /// Reads `text`, which begins at `step.at`, until it is used up or nothing of the value is left. Calls `found` with
    /// the end of each occurrence.
    pub(crate) fn advance(&self, step: &mut WalkStep, text: &[u8], mut found: impl FnMut(u64)) {
        for &byte in text {
            while step.seen > 0 && (step.seen == self.value.len() || self.value[step.seen] != byte)
            {
                step.seen = self.fail[step.seen - 1] as usize;
            }
            step.seen += usize::from(self.value[step.seen] == byte);
            step.at += 1;
            if step.seen == self.value.len() {
                found(step.at);
            }
            if step.seen == 0 {
                return;
            }
        }
    }

    /// Length of the longest prefix of the value, shorter than the value, that a later occurrence could grow from.
    pub(crate) fn live(&self, step: &WalkStep) -> usize {
        if step.seen == self.value.len() { self.fail[step.seen - 1] as usize } else { step.seen }
    }

    pub(crate) fn len(&self) -> usize {
        self.value.len()
    }
}

fn borders(value: &[u8]) -> Vec<u32> {
    let mut fail = vec![0_u32; value.len()];
    let mut border = 0;
    for at in 1..value.len() {
        while border > 0 && value[at] != value[border] {
            border = fail[border - 1] as usize;
        }
        border += usize::from(value[at] == value[border]);
        fail[at] = border as u32;
    }
    fail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_occurrences_are_all_found() {
        let walk = Walk::needed(b"abaaba", 2, 0).expect("`ab` stands in it twice");
        let mut step = WalkStep { walk: 0, at: 0, seen: 0 };
        let mut ends = Vec::new();
        walk.advance(&mut step, b"abaabaabax", |end| ends.push(end));
        assert_eq!(ends, [6, 9]);
        assert!(Walk::needed(b"abcdef", 2, 0).is_none());
    }
}
