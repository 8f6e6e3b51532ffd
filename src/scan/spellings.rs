//! Known values that are spelled with escapes: which escapes begin one, and what becomes of their candidates.

use super::engine::{Engine, add};
use super::state::State;
use super::window::Window;
use crate::detect::literal::{Live, Progress, WalkStep};
use crate::detect::spelled::{
    Found, LONGEST_UNIT, LOOKBACK, Reading, Spelled, Spelling, Unit, escapes_at, introducers,
    introduces, is_mere,
};
use crate::rule::{ends_in_word, is_word};
use crate::secret::UNBOUNDED;

/// Bytes that are searched for the next escape at once.
const STEP: usize = 64;
/// Candidates that are alive at once. Values that do not begin again inside themselves have a handful, of those that do
/// (`aaaa…`), spelled in escapes throughout, one of so many bytes has as many at most. What comes on top is not followed, and
/// redacted as far as it was read.
const MOST: usize = 4096;

/// Up to where `text` has no escape in it, from `from` on and as far as one step goes.
pub(super) fn plain_run(text: &[u8], from: usize) -> usize {
    let step = text.len().min(from + STEP);
    let found =
        text.get(from..step).and_then(|part| part.iter().position(|&byte| introduces(byte)));
    found.map_or(step, |at| from + at)
}

impl Engine {
    /// Reads the escapes of `window` that were not read before.
    pub(super) fn spellings(&self, state: &mut State, window: Window<'_>, eof: bool) {
        let (text, from) = (window.bytes, window.index(state.spelled));
        (state.spelled, state.spelled_claim) = (window.end(), u64::MAX);
        if self.index.is_empty() {
            return;
        }
        for at in introducers(text, from) {
            if is_mere(text, at, &self.index.starts) {
                continue;
            }
            // Only near the end can an escape lack bytes.
            if !eof
                && text.len() - at < LONGEST_UNIT
                && let Some(claim) = self.waits(text, at)
            {
                state.spelled = window.base + at as u64;
                state.spelled_claim = window.base + claim as u64;
                return;
            }
            for (spelling, at) in escapes_at(text, at) {
                self.escape(state, window, spelling, at, eof);
            }
        }
    }

    /// If more bytes are needed to read the escape at `at`: the first byte that it may claim.
    fn waits(&self, text: &[u8], at: usize) -> Option<usize> {
        let open =
            escapes_at(text, at).filter(|&(spelling, at)| spelling.unit(&text[at..]) == Unit::Open);
        open.filter_map(|(spelling, at)| {
            let before = starts(text, spelling, at).filter(|&start| start < at);
            let live = before.filter(|&start| self.index.is_live(&text[..start], &text[start..at]));
            // A gap is no part of a secret: it only matters inside of one.
            live.last().or((!spelling.is_gap()).then_some(at))
        })
        .min()
    }

    /// Tries every start to which the escape at `at` is the first.
    fn escape(
        &self,
        state: &mut State,
        window: Window<'_>,
        spelling: Spelling,
        at: usize,
        eof: bool,
    ) {
        let text = window.bytes;
        let unit = spelling.unit(&text[at..]);
        let begins = match unit {
            Unit::Plain | Unit::Open => return,
            Unit::Escape { decoded, .. } if !self.index.starts.knows(decoded.bytes()[0]) => return,
            Unit::Escape { .. } => true,
            Unit::Gap { .. } => false,
        };
        let ahead = Ahead::read(spelling, &text[at..]);
        let joins = at > 0 && self.index.starts.joins(text[at - 1], ahead.bytes());
        let starts = starts(text, spelling, at).skip(usize::from(!begins));
        for start in starts.take(if joins { LOOKBACK } else { usize::from(begins) }) {
            if ahead.behind(&text[start..at]).is_none_or(|first| self.index.starts.begins(first)) {
                for live in self.index.candidates(window.base + start as u64) {
                    let spelled = Spelled::new(spelling, window.base + at as u64, live);
                    self.read_spelled(state, window, spelled, eof);
                }
            }
        }
    }

    /// Lets a candidate of plain values read on; where it meets an escape, one goes on that reads it.
    pub(super) fn read_plain(
        &self,
        state: &mut State,
        window: Window<'_>,
        live: &mut Live,
        eof: bool,
    ) -> Progress {
        loop {
            let text = window.from(live.read());
            // An escape among the first bytes shows them itself.
            let plain = plain_run(text, LOOKBACK.saturating_sub(live.seen()).min(text.len()));
            if self.index.advance(live, &text[..plain]) == Progress::Done {
                return Progress::Done;
            }
            let Some(&mark) = text.get(plain) else { return Progress::Pending };
            if introduces(mark) {
                for spelling in escapes(mark, &text[plain..]) {
                    let spelled = Spelled::from_plain(spelling, live);
                    self.read_spelled(state, window, spelled, eof);
                }
                if self.index.advance(live, &text[plain..=plain]) == Progress::Done {
                    return Progress::Done;
                }
            }
        }
    }

    /// The same for a walk that meets an escape at `step`.
    pub(super) fn fork_walk(
        &self,
        state: &mut State,
        window: Window<'_>,
        step: WalkStep,
        eof: bool,
    ) {
        let seen = self.index.walks[step.walk as usize].live(&step);
        if seen < LOOKBACK {
            return;
        }
        let text = window.from(step.at);
        for spelling in escapes(text[0], text) {
            let start = step.at - seen as u64;
            let mut live = self.index.walk_candidate(start);
            self.index.advance(&mut live, window.slice(start, step.at));
            let spelled = Spelled::from_plain(spelling, &live);
            self.read_spelled(state, window, spelled, eof);
        }
    }

    /// Lets a candidate read on, and hides what it found once nothing longer can come.
    pub(super) fn read_spelled(
        &self,
        state: &mut State,
        window: Window<'_>,
        mut spelled: Spelled,
        eof: bool,
    ) {
        let progress = self.judge_spelled(state, window, (&self.index, &mut spelled), eof);
        if progress == Progress::Pending && state.spellings.len() < MOST {
            state.spellings.push(spelled);
        } else if progress == Progress::Pending {
            let label = self.secret_label(spelled.secret(&self.index));
            add(state, window, spelled.start, window.end(), label);
        }
    }

    /// The same for any candidate; one that is pending waits for the next window.
    pub(super) fn judge_spelled<R: Reading>(
        &self,
        state: &mut State,
        window: Window<'_>,
        (index, spelled): (&R::Index, &mut Spelled<R>),
        eof: bool,
    ) -> Progress {
        let progress = spelled.advance(index, window, eof);
        let undecided =
            spelled.found().any(|found| found.len < UNBOUNDED && found.end == window.end());
        if !eof && (progress == Progress::Pending || undecided) {
            return Progress::Pending;
        }
        if let Some(found) = spelled.found().find(|found| stands(window, spelled.start, found)) {
            self.hide(state, window, spelled, &found);
        }
        if progress == Progress::Pending && spelled.seen() >= self.limits().ending {
            let label = self.secret_label(spelled.secret(index));
            add(state, window, spelled.start, window.end(), label);
        }
        Progress::Done
    }

    /// Redacts a value; colour codes inside of it stay.
    fn hide<R>(&self, state: &mut State, window: Window<'_>, spelled: &Spelled<R>, found: &Found) {
        let (spelling, label) = (spelled.spelling, self.secret_label(found.secret));
        let (mut from, mut at, mut shown) = (spelled.start, spelled.start, false);
        let mut part = |from, to| match (from < to, shown) {
            (false, _) => {}
            (true, true) => state.regions.add_silent(from, to, label),
            (true, false) => {
                shown = true;
                add(state, window, from, to, label);
            }
        };
        while at < found.end {
            let text = window.slice(at, found.end);
            let unit = spelling.unit(text);
            let next = at + unit.len() as u64;
            if matches!(unit, Unit::Gap { .. }) && spelling.keeps_gap(text[0]) {
                part(from, at);
                from = next;
            }
            at = next;
        }
        part(from, found.end);
    }
}

/// What an escape and the bytes behind it stand for: as much as it takes to rule a start out.
struct Ahead {
    bytes: [u8; 4],
    count: usize,
}

impl Ahead {
    fn read(spelling: Spelling, text: &[u8]) -> Self {
        let (mut ahead, mut at) = (Self { bytes: [0; 4], count: 0 }, 0);
        while ahead.count < 4 && at < text.len() {
            let unit = spelling.unit(&text[at..]);
            match &unit {
                Unit::Open => break,
                Unit::Plain => ahead.add(&text[at..=at]),
                Unit::Escape { decoded, .. } => ahead.add(decoded.bytes()),
                Unit::Gap { .. } => {}
            }
            at += unit.len();
        }
        ahead
    }

    fn add(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(4 - self.count);
        self.bytes[self.count..self.count + count].copy_from_slice(&bytes[..count]);
        self.count += count;
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }

    /// The first four bytes of `plain` and these; None if there are fewer.
    fn behind(&self, plain: &[u8]) -> Option<[u8; 4]> {
        let mut first = [0; 4];
        let own = plain.len().min(4);
        first[..own].copy_from_slice(&plain[..own]);
        first[own..].copy_from_slice(&self.bytes[..4 - own]);
        (own + self.count >= 4).then_some(first)
    }
}

/// Where a value can begin to which the escape at `at` is the first, nearest first.
pub(super) fn starts(
    text: &[u8],
    spelling: Spelling,
    at: usize,
) -> impl Iterator<Item = usize> + '_ {
    let before = (at.saturating_sub(LOOKBACK - 1)..at).rev();
    // A mark that is no escape stands for itself, and a value can begin with it or hold it.
    let plain = move |start: &usize| {
        !spelling.begins(text[*start]) || spelling.unit(&text[*start..]) == Unit::Plain
    };
    std::iter::once(at).chain(before.take_while(plain))
}

/// The spellings in which an escape begins `text`, whose first byte is `mark`.
pub(super) fn escapes(mark: u8, text: &[u8]) -> impl Iterator<Item = Spelling> + '_ {
    Spelling::of(mark).filter(|spelling| spelling.unit(text) != Unit::Plain)
}

/// Whether a value counts where it was found: short ones stand alone.
fn stands(window: Window<'_>, start: u64, found: &Found) -> bool {
    let behind = window.from(found.end).first();
    found.len >= UNBOUNDED
        || !ends_in_word(window.before(start)) && !behind.is_some_and(|&byte| is_word(byte))
}
