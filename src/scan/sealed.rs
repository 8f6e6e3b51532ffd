//! Secrets of a sealed set in a window: what begins a candidate, as it stands and spelled with escapes.
//!
//! It is the same pass as that of plain values (`spellings`), except that nothing is known of a form before the eight
//! bytes that it begins with are there.

use super::engine::{Engine, add};
use super::spellings::{escapes, plain_run, starts};
use super::state::State;
use super::window::Window;
use crate::detect::literal::Progress;
use crate::detect::sealed::{Sealed, SealedLive};
use crate::detect::spelled::{
    LOOKBACK, Reading, Spelled, Spelling, Unit, escapes_at, introducers, introduces,
};
use crate::secret::ANCHOR;

/// Spelled candidates that are alive at once. With as many, a candidate goes on in a spelling at its first escape alone:
/// an encoder's text has no other.
const MOST: usize = 1024;

/// What a stream remembers of a sealed set.
#[derive(Clone, Default)]
pub(super) struct SealedState {
    /// Every start before it was looked at.
    read: u64,
    /// Every escape before it was read.
    escapes: u64,
    /// No byte before it can be claimed by a start or an escape that was not.
    claim: u64,
    plain: Vec<SealedLive>,
    spelled: Vec<Spelled<SealedLive>>,
    /// Empty lists to swap with those above while their candidates read on.
    earlier: (Vec<SealedLive>, Vec<Spelled<SealedLive>>),
    /// Candidates of one escape, until it is known that none of its spellings has to wait.
    found: Vec<Spelled<SealedLive>>,
}

impl SealedState {
    pub(super) fn reset(&mut self) {
        (self.read, self.escapes, self.claim) = (0, 0, u64::MAX);
        self.plain.clear();
        self.spelled.clear();
    }

    /// Everything before `end` was read.
    fn pass(&mut self, end: u64) {
        (self.read, self.escapes, self.claim) = (end, end, u64::MAX);
    }

    /// The first byte that is needed again.
    pub(super) fn needed(&self) -> u64 {
        self.read.min(self.escapes)
    }

    /// The first byte that can still be claimed.
    pub(super) fn claim(&self) -> u64 {
        let plain = self.plain.iter().map(Reading::start);
        let spelled = self.spelled.iter().map(|spelled| spelled.start);
        plain.chain(spelled).fold(self.claim, u64::min)
    }

    /// Where a candidate begins that is complete and waits for something longer.
    pub(super) fn complete(&self) -> Option<u64> {
        self.plain.iter().find(|live| live.best().is_some()).map(Reading::start)
    }
}

impl Engine {
    /// Looks for the secrets of the sealed set in what is new in `window`.
    pub(super) fn sealed(&self, state: &mut State, window: Window<'_>, eof: bool) {
        let Some(sealed) = self.sealed.as_deref() else { return state.sealed.pass(window.end()) };
        self.resume_sealed(state, sealed, window, eof);
        let (starts, escapes) = (state.sealed.read, state.sealed.escapes);
        state.sealed.pass(window.end());
        self.anchors(state, sealed, window, (starts, eof));
        self.sealed_escapes(state, sealed, window, (escapes, eof));
    }

    fn resume_sealed(&self, state: &mut State, sealed: &Sealed, window: Window<'_>, eof: bool) {
        let (mut plain, mut spelled) = std::mem::take(&mut state.sealed.earlier);
        std::mem::swap(&mut plain, &mut state.sealed.plain);
        std::mem::swap(&mut spelled, &mut state.sealed.spelled);
        plain.drain(..).for_each(|live| self.read_sealed(state, sealed, window, (live, eof)));
        for candidate in spelled.drain(..) {
            self.read_sealed_spelled(state, sealed, window, (candidate, eof));
        }
        state.sealed.earlier = (plain, spelled);
    }

    /// Looks at the starts from `from` on. The last seven have fewer bytes than an anchor has.
    fn anchors(
        &self,
        state: &mut State,
        sealed: &Sealed,
        window: Window<'_>,
        (from, eof): (u64, bool),
    ) {
        let from = window.index(from);
        sealed.find(window.bytes, from, |at, live| {
            let live = live.placed(window.base + at as u64);
            self.read_sealed(state, sealed, window, (live, eof));
        });
        let next = window.bytes.len().saturating_sub(ANCHOR - 1).max(from);
        if !eof && next < window.bytes.len() {
            state.sealed.read = window.base + next as u64;
            state.sealed.claim = state.sealed.read;
        }
    }

    fn sealed_escapes(
        &self,
        state: &mut State,
        sealed: &Sealed,
        window: Window<'_>,
        (from, eof): (u64, bool),
    ) {
        let (text, mut waiting) = (window.bytes, None);
        for at in introducers(text, window.index(from)) {
            let mut found = std::mem::take(&mut state.sealed.found);
            let open = escapes_at(text, at)
                .filter_map(|(spelling, at)| begin(sealed, window, (spelling, at, eof), &mut found))
                .min();
            if waiting.is_none() && open.is_some() {
                waiting = Some(at);
            }
            // Behind one that waits all are read again, with all their starts.
            let claims = found.iter().map(|spelled| spelled.start).chain(open);
            if let (Some(_), Some(claim)) = (waiting, claims.min()) {
                state.sealed.claim = state.sealed.claim.min(claim);
            }
            for candidate in found.drain(..).filter(|_| waiting.is_none()) {
                self.read_sealed_spelled(state, sealed, window, (candidate, eof));
            }
            state.sealed.found = found;
        }
        if let Some(at) = waiting {
            state.sealed.escapes = window.base + at as u64;
        }
    }

    /// Lets a candidate of plain values read on, and redacts what it found once nothing longer can come.
    fn read_sealed(
        &self,
        state: &mut State,
        sealed: &Sealed,
        window: Window<'_>,
        (mut live, eof): (SealedLive, bool),
    ) {
        let progress = self.read_sealed_plain(state, sealed, window, (&mut live, eof));
        if progress == Progress::Pending && !eof {
            state.sealed.plain.push(live);
            return;
        }
        if let Some((len, secret)) = live.best() {
            let end = live.start() + len as u64;
            add(state, window, live.start(), end, self.secret_label(secret));
        }
        if progress == Progress::Pending && live.seen() >= self.limits().ending {
            let label = self.secret_label(live.pending(sealed));
            add(state, window, live.start(), window.end(), label);
        }
    }

    /// As `read_plain`: where it meets an escape, one goes on that reads it.
    fn read_sealed_plain(
        &self,
        state: &mut State,
        sealed: &Sealed,
        window: Window<'_>,
        (live, eof): (&mut SealedLive, bool),
    ) -> Progress {
        loop {
            let text = window.from(live.read());
            // An escape among the first bytes shows them itself.
            let plain = plain_run(text, LOOKBACK.saturating_sub(live.seen()).min(text.len()));
            if live.advance(sealed, &text[..plain]) == Progress::Done {
                return Progress::Done;
            }
            let Some(&mark) = text.get(plain) else { return Progress::Pending };
            if introduces(mark) {
                for spelling in escapes(mark, &text[plain..]) {
                    if live.forks_first(spelling) || state.sealed.spelled.len() < MOST {
                        let spelled = Spelled::from_plain(spelling, live);
                        self.read_sealed_spelled(state, sealed, window, (spelled, eof));
                    }
                }
                if live.advance(sealed, &text[plain..=plain]) == Progress::Done {
                    return Progress::Done;
                }
            }
        }
    }

    fn read_sealed_spelled(
        &self,
        state: &mut State,
        sealed: &Sealed,
        window: Window<'_>,
        (mut spelled, eof): (Spelled<SealedLive>, bool),
    ) {
        if self.judge_spelled(state, window, (sealed, &mut spelled), eof) == Progress::Pending {
            state.sealed.spelled.push(spelled);
        }
    }
}

/// Collects the candidates to which the escape at `at` is the first. If one of them cannot be told yet: the first byte
/// that it may claim.
fn begin(
    sealed: &Sealed,
    window: Window<'_>,
    (spelling, at, eof): (Spelling, usize, bool),
    found: &mut Vec<Spelled<SealedLive>>,
) -> Option<u64> {
    let text = window.bytes;
    let unit = spelling.unit(&text[at..]);
    let own = match unit {
        Unit::Plain => return None,
        Unit::Open if eof => return None,
        // A gap is no part of a secret: it only matters inside of one.
        Unit::Open => !spelling.is_gap(),
        Unit::Escape { .. } => true,
        Unit::Gap { .. } => false,
    };
    let ahead = Ahead::read(spelling, text, at, eof);
    let mut open = None;
    for start in starts(text, spelling, at).skip(usize::from(!own)).take(LOOKBACK) {
        let offset = window.base + start as u64;
        match ahead.from(at - start).map(|first| sealed.candidate(first)) {
            None if eof => {}
            // Starts come from the nearest on.
            None => open = Some(offset),
            Some(Some(_)) if unit == Unit::Open => open = Some(offset),
            Some(Some(live)) => {
                let escape = window.base + at as u64;
                found.push(Spelled::new(spelling, escape, live.placed(offset)));
            }
            Some(None) => {}
        }
    }
    open
}

/// What an escape and the bytes behind it stand for, as much as an anchor has, behind what stands before it as it is.
struct Ahead {
    /// Laid out side by side, so that the first bytes of any start are one load.
    bytes: [u8; LOOKBACK + ANCHOR],
    /// How many of the bytes from [`LOOKBACK`] on are there.
    count: usize,
}

impl Ahead {
    fn read(spelling: Spelling, text: &[u8], mut at: usize, eof: bool) -> Self {
        let mut ahead = Self { bytes: [0; LOOKBACK + ANCHOR], count: 0 };
        let before = &text[at.saturating_sub(LOOKBACK)..at];
        ahead.bytes[LOOKBACK - before.len()..LOOKBACK].copy_from_slice(before);
        while ahead.count < ANCHOR && at < text.len() {
            let unit = spelling.unit(&text[at..]);
            match &unit {
                Unit::Open if !eof => break,
                Unit::Open | Unit::Plain => ahead.add(&text[at..=at]),
                Unit::Escape { decoded, .. } => ahead.add(decoded.bytes()),
                Unit::Gap { .. } => {}
            }
            at += unit.len();
        }
        ahead
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().take(ANCHOR - self.count) {
            self.bytes[LOOKBACK + self.count] = byte;
            self.count += 1;
        }
    }

    /// The first eight bytes from a start that lies `distance` before the escape; None if there are fewer.
    fn from(&self, distance: usize) -> Option<[u8; ANCHOR]> {
        let first = self.bytes.get(LOOKBACK.checked_sub(distance)?..)?.first_chunk();
        first.copied().filter(|_| distance + self.count >= ANCHOR)
    }
}
