//! The first look at short inputs: where something might begin, and so which of them need a second look.

use super::engine::{BLOCK, Engine, Stop};
use super::prefilter::Hit;
use super::state::State;
use super::window::Window;
use crate::detect::literal::Source;
use crate::detect::spelled::may_introduce;
use crate::secret::UNBOUNDED;

impl Engine {
    /// Calls `suspect` with each place of `haystack` at which something might begin. A part of it with no such place is
    /// clean as an input of its own, whatever stands beside it: matches and the beginnings of known secrets that an end of
    /// input makes redactions of hold a whole window of the prefilter, or an escape.
    ///
    /// `false` if that cannot be told: what has no head in the prefilter is looked for too. Nothing was called then.
    #[cfg(any(feature = "tracing", feature = "otel"))]
    pub(crate) fn suspects(
        &self,
        state: &mut State,
        haystack: &[u8],
        mut suspect: impl FnMut(usize),
    ) -> bool {
        if !self.sifts() {
            return false;
        }
        let mut hits = std::mem::take(&mut state.hits);
        self.first_look(state, haystack, &mut hits);
        hits.drain(..).for_each(|hit| suspect(hit.start));
        state.hits = hits;
        if !self.index.is_empty() {
            may_introduce(haystack).for_each(suspect);
        }
        true
    }

    /// As [`scan`](Self::scan) for an input that is there as a whole, with a state that is as new. Most short inputs are
    /// clean, and all that is set up for those is the first look.
    pub(crate) fn scan_whole(&self, state: &mut State, window: Window<'_>) {
        let input = window.bytes;
        if input.len() > BLOCK || !self.sifts() {
            self.scan(state, window, true);
            return;
        }
        let mut hits = std::mem::take(&mut state.hits);
        self.first_look(state, input, &mut hits);
        self.scan_sifted(state, window, &mut hits);
        state.hits = hits;
    }

    /// What the first look says of `haystack`, the parts of which are inputs of their own. None if it cannot tell.
    #[cfg(feature = "columns")]
    pub(crate) fn sift(&self, state: &mut State, haystack: &[u8]) -> Option<Sifted> {
        if !self.sifts() {
            return None;
        }
        let mut hits = std::mem::take(&mut state.hits);
        self.first_look(state, haystack, &mut hits);
        if !hits.is_sorted_by_key(|hit| hit.start) {
            hits.sort_unstable_by_key(|hit| (hit.start, hit.target));
        }
        let introduced =
            if self.index.is_empty() { Vec::new() } else { may_introduce(haystack).collect() };
        Some(Sifted { hits, introduced, part: Vec::new(), hit: 0, escape: 0 })
    }

    /// The second look at an input that is there as a whole, with what the first one found in it or says that it found.
    pub(crate) fn scan_sifted(&self, state: &mut State, window: Window<'_>, hits: &mut Vec<Hit>) {
        let input = window.bytes;
        // A value, or a beginning of one that is long enough to matter.
        let known = hits.iter().any(|hit| self.is_of_value(hit));
        if !hits.is_empty() {
            let stop = Stop { at: window.end(), eof: true, rules: true };
            self.judge_hits(state, window, hits, 0, usize::MAX, stop);
        }
        if !self.index.is_empty() && may_introduce(input).next().is_some() {
            self.spellings(state, window, true);
        }
        if known {
            self.ending(state, window);
        }
    }

    /// What the prefilter finds, without what has not all of a rule's head: of those that it takes from lines of logs by
    /// four bytes and the fixed ones of the next four, most have not.
    fn first_look(&self, state: &mut State, haystack: &[u8], hits: &mut Vec<Hit>) {
        self.prefilter.find(haystack, 0, haystack.len(), &mut state.positions, hits);
        hits.retain(|hit| match self.sources[hit.target as usize] {
            Source::Rule(rule) => {
                let mut heads = self.rules[rule as usize].anchors.heads.iter();
                heads.any(|head| head.begins(&haystack[hit.start..]))
            }
            _ => true,
        });
    }

    fn is_of_value(&self, hit: &Hit) -> bool {
        !matches!(self.sources[hit.target as usize], Source::Rule(_) | Source::Encoded(..))
    }

    /// Whether everything that is looked for shows itself to the prefilter. Not so are runs of a class, sealed secrets, very
    /// many known ones, and beginnings that are shorter than what the prefilter knows of a value.
    fn sifts(&self) -> bool {
        #[cfg(feature = "sealed")]
        if self.sealed.is_some() {
            return false;
        }
        self.runs.is_empty() && !self.index.has_probes() && self.limits.ending >= UNBOUNDED
    }
}

/// What the first look at several parts found, given out part by part, in order.
#[cfg(feature = "columns")]
pub(crate) struct Sifted {
    /// By their places.
    hits: Vec<Hit>,
    /// Where escapes may begin.
    introduced: Vec<usize>,
    /// The hits of one part.
    part: Vec<Hit>,
    /// Which ones lie behind the parts that were given out.
    hit: usize,
    escape: usize,
}

#[cfg(feature = "columns")]
impl Sifted {
    /// The hits of the part from `start` to `end`, as places in it. None if it is clean as an input of its own.
    ///
    /// A hit whose window ends in the next part is given too: that is for the second look to find out.
    pub(crate) fn part(&mut self, start: usize, end: usize) -> Option<&mut Vec<Hit>> {
        let count = self.hits[self.hit..].iter().take_while(|hit| hit.start < end).count();
        let escapes = self.introduced[self.escape..].iter().take_while(|at| **at < end).count();
        let hits = &self.hits[self.hit..self.hit + count];
        self.part.clear();
        self.part.extend(hits.iter().map(|hit| Hit { start: hit.start - start, ..*hit }));
        (self.hit, self.escape) = (self.hit + count, self.escape + escapes);
        (count + escapes > 0).then_some(&mut self.part)
    }

    /// Leaves its memory for the next look.
    pub(crate) fn end(mut self, state: &mut State) {
        self.hits.clear();
        state.hits = self.hits;
    }
}
