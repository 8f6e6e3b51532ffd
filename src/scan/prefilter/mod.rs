//! The first look at every byte: which positions can begin a window of some head.
//!
//! 1. A filter over nibbles (`avx2` or `portable`, the same tables) names positions, branch-free.
//! 2. Their four bytes, letters folded, are looked up in a bitmap and then in a table of grams.
//! 3. The first eight bytes of the head have to stand there too, as far as they have one spelling: of the grams found in
//!    logs a quarter are left, and a name of letters costs no more than a prefix.
//!
//! Tried on 2026-11-25: looking up every fourth position for heads of seven bytes and more, so that names cost the
//! filter nothing. The probes cost 0.3 ns a byte, more than they took off the filter (0.54 GB/s against 0.73 in turn).
//!
//! It may over-report and never under-reports: detectors decide.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod grams;
mod masks;
mod plan;
mod portable;

use crate::rule::{Head, Home};
use grams::Grams;
use masks::Masks;
use plan::{BUCKETS, Fragment, Frequencies, GRAM, Member, WIDTH};

/// Positions that are looked at between two rounds of detection: the scratch list fits the first-level cache.
pub(crate) const BLOCK: usize = 4 << 10;

/// What a window stands for: an index that the caller gave.
pub(crate) type Target = u32;

/// A head at a place: the target it belongs to and where it would start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) target: Target,
}

/// Scratch memory of one scan.
#[derive(Clone, Default)]
pub(crate) struct Positions(Vec<u32>);

/// Collects heads for a [`Prefilter`].
#[derive(Default)]
pub(crate) struct Planner {
    members: Vec<Member>,
    heads: Vec<Head>,
    targets: Vec<Target>,
    text: Option<Frequencies>,
}

impl Planner {
    /// Adds a head of `target` whose window starts at `latest` or before. `false` if no window is narrow enough.
    #[must_use]
    pub(crate) fn add(&mut self, head: &Head, latest: usize, target: Target) -> bool {
        let text = self.text.get_or_insert_with(Frequencies::text);
        let options = Fragment::options(&head.sets, latest, text);
        let found = !options.is_empty();
        if found {
            self.members.push(Member { options, bucket: None });
            self.heads.push(head.clone());
            self.targets.push(target);
        }
        found
    }

    /// Adds a head for which a place is known.
    #[must_use]
    pub(crate) fn settle(&mut self, head: &Head, home: Home, target: Target) -> bool {
        let text = self.text.get_or_insert_with(Frequencies::text);
        let window = Fragment::settled(&head.sets, home.offset.into(), text);
        let window = window.filter(|_| usize::from(home.bucket) < BUCKETS);
        let found = window.is_some();
        if let Some(window) = window {
            let bucket = Some(home.bucket.into());
            self.members.push(Member { options: vec![window], bucket });
            self.heads.push(head.clone());
            self.targets.push(target);
        }
        found
    }

    /// Finds a place for each head that has none; where all of them are then, in the order in which they were added.
    fn place(&mut self) -> (Masks, Vec<Home>) {
        let text = self.text.get_or_insert_with(Frequencies::text);
        let masks = Masks::new(&plan::buckets(&mut self.members, text));
        let home = |member: &Member| Home {
            offset: member.options[0].offset as u8,
            bucket: member.bucket.unwrap_or_default() as u8,
        };
        let homes = self.members.iter().map(home).collect();
        (masks, homes)
    }

    #[cfg(test)]
    pub(crate) fn homes(mut self) -> Vec<Home> {
        self.place().1
    }

    pub(crate) fn build(mut self) -> Prefilter {
        let (masks, _) = self.place();
        let chosen = self.members.iter().map(|member| &member.options[0]);
        let stands_for = self.heads.iter().zip(self.targets);
        let windows = chosen.clone().zip(stands_for);
        let grams = Grams::new(windows.map(|(window, (head, target))| (window, head, target)));
        let reach = chosen.map(|fragment| fragment.offset).max().unwrap_or(0);
        Prefilter { masks, grams, reach, level: Level::detect() }
    }
}

/// The compiled prefilter.
pub(crate) struct Prefilter {
    masks: Masks,
    grams: Grams,
    /// Most bytes that a start lies before its window.
    pub(crate) reach: usize,
    level: Level,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("popcnt")
        {
            return Level::Avx2;
        }
        Level::Portable
    }
}

impl Prefilter {
    /// Appends to `hits` every head whose window begins in `from..to` of `haystack`, in the order of the windows.
    pub(crate) fn find(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        positions: &mut Positions,
        hits: &mut Vec<Hit>,
    ) {
        // A window needs its whole gram.
        let to = to.min((haystack.len() + 1).saturating_sub(GRAM));
        if self.grams.is_empty() || from >= to {
            return;
        }
        positions.0.resize(BLOCK + SLACK, 0);
        let mut at = from;
        while at < to {
            let end = to.min(at + BLOCK);
            let count = self.positions(haystack, at, end, &mut positions.0);
            self.grams.look_up(haystack, &mut positions.0[..count], hits);
            at = end;
        }
    }

    /// Writes the positions in `from..to` that pass the filter, and returns how many.
    fn positions(&self, haystack: &[u8], from: usize, to: usize, out: &mut [u32]) -> usize {
        let (mut count, mut at) = (0, from);
        // A vector reads up to `WIDTH - 1` bytes past its last position.
        let readable = haystack.len().saturating_sub(from + WIDTH - 1);
        let vectors = readable.min(to - from) / LANES;
        // A short input is copied as a whole: one call instead of two.
        if vectors * LANES >= COPIED {
            count = self.vectors(haystack, from, vectors, out, count);
            at += vectors * LANES;
        }
        while at < to {
            count = self.padded(haystack, at, to, out, count);
            at += COPIED;
        }
        count
    }

    /// The last positions, read from a copy with room behind it.
    fn padded(
        &self,
        haystack: &[u8],
        at: usize,
        to: usize,
        out: &mut [u32],
        count: usize,
    ) -> usize {
        let mut copy = [0; COPIED + WIDTH];
        let rest = &haystack[at..haystack.len().min(at + copy.len())];
        copy[..rest.len()].copy_from_slice(rest);
        let vectors = (to - at).min(COPIED).div_ceil(LANES);
        let after = self.vectors(&copy, 0, vectors, out, count);
        let inside = out[count..after].partition_point(|&position| position as usize + at < to);
        out[count..count + inside].iter_mut().for_each(|position| *position += at as u32);
        count + inside
    }

    fn vectors(
        &self,
        haystack: &[u8],
        from: usize,
        vectors: usize,
        out: &mut [u32],
        count: usize,
    ) -> usize {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2::filter(&self.masks, haystack, from, vectors, out, count),
            Level::Portable => portable::filter(&self.masks, haystack, from, vectors, out, count),
        }
    }
}

/// Bytes that a vector looks at.
const LANES: usize = 32;
/// Positions that are read from a copy at most.
const COPIED: usize = 8 * LANES;
/// Room in the list of positions beyond a block: what a filter may write ahead.
const SLACK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes with many near misses: words of the heads, cut and mixed.
    fn haystack(len: usize) -> Vec<u8> {
        let words = ["token", "passwo", "secre", "ghp_", "akia", "xox", " ", "=\n", "\u{e9}\u{0}"];
        let mut state = 7_u64;
        let mut out = Vec::new();
        while out.len() < len {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            out.extend_from_slice(words[(state >> 33) as usize % words.len()].as_bytes());
        }
        out.truncate(len);
        out
    }

    fn prefilter(level: Level) -> Prefilter {
        let mut planner = Planner::default();
        for (target, word) in
            ["token=", "password", "secret", "ghp_", "AKIA", "xoxb-"].iter().enumerate()
        {
            assert!(planner.add(&Head::literal(word.as_bytes()), 8, target as u32));
        }
        Prefilter { level, ..planner.build() }
    }

    #[test]
    fn vectors_and_the_portable_filter_agree() {
        let (best, portable) = (prefilter(Level::detect()), prefilter(Level::Portable));
        for len in (0..200).chain([BLOCK - 1, BLOCK, BLOCK + 33, 3 * BLOCK + 7]) {
            let haystack = haystack(len);
            for from in [0, len / 3] {
                let found = |prefilter: &Prefilter| {
                    let mut hits = Vec::new();
                    prefilter.find(&haystack, from, len, &mut Positions::default(), &mut hits);
                    hits
                };
                assert_eq!(found(&best), found(&portable), "{len} bytes from {from}");
            }
        }
    }

    #[test]
    fn every_head_is_found_wherever_it_stands() {
        let prefilter = prefilter(Level::detect());
        for at in 0..100 {
            let haystack = [vec![b'.'; at], b"token=".to_vec()].concat();
            let mut hits = Vec::new();
            prefilter.find(&haystack, 0, haystack.len(), &mut Positions::default(), &mut hits);
            assert_eq!(hits, [Hit { start: at, target: 0 }]);
        }
    }
}
