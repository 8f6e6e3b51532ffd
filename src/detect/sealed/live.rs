//! A place where a sealed form may stand.

use blake3::Hasher;
use zeroize::Zeroizing;

use super::index::Sealed;
use crate::detect::literal::{Progress, SecretId};
use crate::detect::spelled::{Reading, Spelling};
use crate::secret::first_half;

/// A candidate: the forms of `low..high` begin as it does and may end behind the `seen` bytes that it has hashed.
#[derive(Clone)]
pub(crate) struct SealedLive {
    start: u64,
    low: u32,
    high: u32,
    seen: usize,
    // Boxed: it is 2 KiB, and candidates are moved.
    hasher: Box<Zeroizing<Hasher>>,
    best: Option<(usize, SecretId)>,
    /// The spellings in which a candidate has gone on from here already, a bit each.
    forked: u16,
}

impl SealedLive {
    pub(super) fn new(range: (u32, u32), hasher: &Zeroizing<Hasher>) -> Self {
        let hasher = Box::new(hasher.clone());
        Self { start: 0, low: range.0, high: range.1, seen: 0, hasher, best: None, forked: 0 }
    }

    /// The same at `start`.
    pub(crate) fn placed(mut self, start: u64) -> Self {
        self.start = start;
        self
    }

    /// Whether this is the first time that a candidate goes on from here in `spelling`.
    pub(crate) fn forks_first(&mut self, spelling: Spelling) -> bool {
        let bit = 1 << spelling as u16;
        let first = self.forked & bit == 0;
        self.forked |= bit;
        first
    }

    /// Compares the forms that end here.
    fn judge(&mut self, sealed: &Sealed) {
        let hash = first_half(&self.hasher);
        while self.low < self.high && sealed.len(self.low) == self.seen {
            if *sealed.hash(self.low) == hash {
                self.best = Some((self.seen, sealed.secret(self.low)));
            }
            self.low += 1;
        }
    }
}

impl Reading for SealedLive {
    type Index = Sealed;

    fn start(&self) -> u64 {
        self.start
    }

    fn seen(&self) -> usize {
        self.seen
    }

    fn best(&self) -> Option<(usize, SecretId)> {
        self.best
    }

    fn advance(&mut self, sealed: &Sealed, mut text: &[u8]) -> Progress {
        while self.low < self.high {
            let needed = sealed.len(self.low) - self.seen;
            let (part, rest) = text.split_at(needed.min(text.len()));
            self.hasher.update(part);
            self.seen += part.len();
            if part.len() < needed {
                return Progress::Pending;
            }
            self.judge(sealed);
            text = rest;
        }
        Progress::Done
    }

    fn pending(&self, sealed: &Sealed) -> SecretId {
        sealed.secret(self.low)
    }
}
