//! What a spelled candidate compares its bytes with.

use crate::detect::literal::{Index, Live, Progress, SecretId};

/// A candidate that is told one byte of a value after the other: by its forms, or by hashes of them.
pub(crate) trait Reading: Clone {
    type Index;

    /// Where it begins.
    fn start(&self) -> u64;

    /// How many bytes of a value it has read.
    fn seen(&self) -> usize;

    /// The longest value that is complete: its length and its secret.
    fn best(&self) -> Option<(usize, SecretId)>;

    /// Reads `text`, which goes on where it stopped.
    fn advance(&mut self, index: &Self::Index, text: &[u8]) -> Progress;

    /// The secret that it may be the beginning of while it is pending.
    fn pending(&self, index: &Self::Index) -> SecretId;

    /// Offset of the next byte, if nothing of it is spelled.
    fn read(&self) -> u64 {
        self.start() + self.seen() as u64
    }
}

impl Reading for Live {
    type Index = Index;

    fn start(&self) -> u64 {
        self.start
    }

    fn seen(&self) -> usize {
        self.seen()
    }

    fn best(&self) -> Option<(usize, SecretId)> {
        self.best
    }

    fn advance(&mut self, index: &Index, text: &[u8]) -> Progress {
        index.advance(self, text)
    }

    fn pending(&self, index: &Index) -> SecretId {
        index.pending(self)
    }
}
