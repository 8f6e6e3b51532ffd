//! The forms of a sealed set, by fingerprint.

use blake3::Hasher;
use zeroize::Zeroizing;

use super::live::SealedLive;
use crate::detect::literal::SecretId;
use crate::secret::{ANCHOR, Anchor, Hash, SealedForm, SealedKey};

/// Bits of the map for each form, as a power of two; and the fewest and most bits of a fingerprint that it has a place
/// for: 8 KiB, which the first cache holds, to 2 MiB.
const SPARSE: u32 = 8;
const WIDTHS: std::ops::RangeInclusive<u32> = 16..=Anchor::BITS;
/// Positions that are looked at together.
const STEP: usize = 16;

/// Collects the forms of sets that are sealed under one key.
pub(crate) struct SealedBuilder {
    anchor: Anchor,
    hasher: Zeroizing<Hasher>,
    forms: Vec<(SealedForm, SecretId)>,
}

impl SealedBuilder {
    pub(crate) fn new(key: &SealedKey) -> Self {
        Self { anchor: key.anchor(), hasher: key.hasher(), forms: Vec::new() }
    }

    pub(crate) fn add(&mut self, form: SealedForm, secret: SecretId) {
        self.forms.push((form, secret));
    }

    pub(crate) fn build(mut self) -> Sealed {
        // By fingerprint, then by length. Of equal forms the secret that was given first names both.
        self.forms.sort_unstable();
        self.forms.dedup_by(|b, a| a.0 == b.0);
        let width =
            (self.forms.len().max(1).ilog2() + SPARSE).clamp(*WIDTHS.start(), *WIDTHS.end());
        let shift = Anchor::BITS - width;
        let mut map = vec![0_u64; 1 << (width - 6)];
        for (form, _) in &self.forms {
            let bit = form.anchor >> shift;
            map[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        Sealed { anchor: self.anchor, hasher: self.hasher, forms: self.forms, map, shift }
    }
}

/// The compiled set.
pub(crate) struct Sealed {
    anchor: Anchor,
    hasher: Zeroizing<Hasher>,
    // Invariant: sorted by fingerprint, then by length.
    forms: Vec<(SealedForm, SecretId)>,
    /// A bit for each beginning of a fingerprint that some form has.
    map: Vec<u64>,
    /// What is left of a fingerprint behind its place in the map.
    shift: u32,
}

impl Sealed {
    /// Calls `found` with every place in `text` from `from` on that has the fingerprint of some form.
    pub(crate) fn find(&self, text: &[u8], from: usize, mut found: impl FnMut(usize, SealedLive)) {
        let mut at = from;
        while let Some(step) = text[at..].first_chunk::<{ STEP + ANCHOR - 1 }>() {
            // No branch in here: a step without a candidate is the rule.
            let any = (0..STEP).fold(0, |any, place| any | self.bit(&step[place..place + ANCHOR]));
            if any != 0 {
                self.find_in(text, at..at + STEP, &mut found);
            }
            at += STEP;
        }
        self.find_in(text, at..(text.len() + 1).saturating_sub(ANCHOR), &mut found);
    }

    fn find_in(
        &self,
        text: &[u8],
        range: std::ops::Range<usize>,
        found: &mut impl FnMut(usize, SealedLive),
    ) {
        for at in range {
            if let Some(live) = text[at..].first_chunk().and_then(|first| self.candidate(*first)) {
                found(at, live);
            }
        }
    }

    #[inline]
    fn bit(&self, text: &[u8]) -> u64 {
        let first = text.first_chunk().copied().unwrap_or([0; ANCHOR]);
        let bit = self.anchor.of(first) >> self.shift;
        self.map[(bit >> 6) as usize] >> (bit & 63) & 1
    }

    /// A candidate for what begins with `first`; its place is set by [`SealedLive::placed`].
    pub(crate) fn candidate(&self, first: [u8; ANCHOR]) -> Option<SealedLive> {
        if self.bit(&first) == 0 {
            return None;
        }
        let anchor = self.anchor.of(first);
        let low = self.forms.partition_point(|(form, _)| form.anchor < anchor);
        let count = self.forms[low..].partition_point(|(form, _)| form.anchor == anchor);
        let range = (low as u32, (low + count) as u32);
        (count > 0).then(|| SealedLive::new(range, &self.hasher))
    }

    pub(super) fn len(&self, form: u32) -> usize {
        self.forms[form as usize].0.len as usize
    }

    pub(super) fn hash(&self, form: u32) -> &Hash {
        &self.forms[form as usize].0.hash
    }

    pub(super) fn secret(&self, form: u32) -> SecretId {
        self.forms[form as usize].1
    }
}
