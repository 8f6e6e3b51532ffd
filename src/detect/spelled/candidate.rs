//! A place where a value may stand, spelled.

use super::reading::Reading;
use super::spelling::Spelling;
use super::unit::Unit;
use crate::detect::literal::{Live, Progress, SecretId};
use crate::scan::Window;
use crate::secret::UNBOUNDED;

/// Bytes that are searched for the next escape at once.
const STEP: usize = 64;

/// A candidate: from `start` on `spelling` was read up to `at`, and stands for what `live` has seen.
#[derive(Clone, Debug)]
pub(crate) struct Spelled<R = Live> {
    pub(crate) spelling: Spelling,
    pub(crate) start: u64,
    /// Where its first escape stands. What ends before is plain, and others' to find.
    escape: u64,
    at: u64,
    live: R,
    /// The longest value that is complete, and by its length each that counts at word boundaries only: of these a shorter
    /// one may stand alone where a longer one does not.
    found: Option<Found>,
    short: [Option<Found>; UNBOUNDED],
}

/// A complete value: where it ends, how long it is in plain, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) end: u64,
    pub(crate) len: usize,
    pub(crate) secret: SecretId,
}

impl<R: Reading> Spelled<R> {
    /// One that begins where `live` does, before the escape at `escape`.
    pub(crate) fn new(spelling: Spelling, escape: u64, live: R) -> Self {
        let start = live.start();
        Self { spelling, start, escape, at: start, live, found: None, short: [None; UNBOUNDED] }
    }

    /// One that goes on where a candidate of plain values has met an escape.
    pub(crate) fn from_plain(spelling: Spelling, live: &R) -> Self {
        let at = live.read();
        Self { at, ..Self::new(spelling, at, live.clone()) }
    }

    /// Every value that is complete, the longest first.
    pub(crate) fn found(&self) -> impl Iterator<Item = Found> {
        self.found.into_iter().chain(self.short.into_iter().rev().flatten())
    }

    /// How many bytes of a value were seen.
    pub(crate) fn seen(&self) -> usize {
        self.live.seen()
    }

    /// The secret that it may be a part of.
    pub(crate) fn secret(&self, index: &R::Index) -> SecretId {
        self.live.pending(index)
    }

    /// Reads on until the window is used up or nothing can match any more. At `eof` an escape that is not complete stands
    /// for itself.
    pub(crate) fn advance(&mut self, index: &R::Index, window: Window<'_>, eof: bool) -> Progress {
        loop {
            let text = window.from(self.at);
            // A short value must not be passed over on the way to a longer one.
            let step = if self.live.seen() < UNBOUNDED { 1 } else { STEP };
            let step = &text[..text.len().min(step)];
            let plain = step.iter().position(|&byte| self.spelling.begins(byte));
            let plain = plain.unwrap_or(step.len());
            if plain > 0 || text.is_empty() {
                let progress = self.read(index, &text[..plain]);
                if progress == Progress::Done || plain == text.len() {
                    return progress;
                }
                continue;
            }
            let unit = match self.spelling.unit(text) {
                Unit::Open if eof => self.spelling.last_unit(text),
                unit => unit,
            };
            let progress = match unit {
                Unit::Open => return Progress::Pending,
                Unit::Plain => self.read(index, &text[..1]),
                Unit::Gap { len } => {
                    self.at += len as u64;
                    Progress::Pending
                }
                Unit::Escape { decoded, len } => self.escape(index, decoded.bytes(), len as u64),
            };
            if progress == Progress::Done {
                return progress;
            }
        }
    }

    /// Reads bytes that stand for themselves.
    fn read(&mut self, index: &R::Index, plain: &[u8]) -> Progress {
        let (from, seen) = (self.at, self.live.seen());
        self.at += plain.len() as u64;
        self.compare(index, plain, |len| from + (len - seen) as u64)
    }

    fn escape(&mut self, index: &R::Index, decoded: &[u8], len: u64) -> Progress {
        self.at += len;
        let end = self.at;
        self.compare(index, decoded, |_| end)
    }

    /// Compares the next bytes; `end` tells where in the text a value of a length would end.
    fn compare(&mut self, index: &R::Index, bytes: &[u8], end: impl Fn(usize) -> u64) -> Progress {
        let before = self.live.best();
        let progress = self.live.advance(index, bytes);
        if let Some((len, secret)) = self.live.best().filter(|_| self.live.best() != before) {
            let found = Some(Found { end: end(len), len, secret });
            let slot = self.short.get_mut(len).unwrap_or(&mut self.found);
            *slot = found.filter(|found| found.end > self.escape);
        }
        progress
    }
}
