//! Collects findings with what stands around them. A secret's bytes never get here: the stream gives clean ones only.

use keepmum::{Finding, Sink};

/// Bytes on each side of a secret that are kept at most.
const AROUND: usize = 256;

/// A finding, and the clean bytes of its line on both sides, up to its neighbours.
pub(super) struct Seen {
    pub(super) finding: Finding,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    ended: bool,
}

/// The sink of a file's stream.
#[derive(Default)]
pub(super) struct Collector {
    seen: Vec<Seen>,
    /// The end of the current line so far, behind the last finding.
    line: Vec<u8>,
    settled: u64,
}

impl Collector {
    /// Where the clean bytes end: the next finding begins here, or behind what was decided.
    pub(super) fn settled(&self) -> u64 {
        self.settled
    }

    /// What was found, but for a last one whose line goes on.
    pub(super) fn seen(&mut self) -> Vec<Seen> {
        let ended = self.seen.iter().take_while(|seen| seen.ended).count();
        self.seen.drain(..ended).collect()
    }

    /// What was found that is still collected.
    pub(super) fn unended(&self) -> &[Seen] {
        &self.seen
    }

    /// The rest, at the end of the file.
    pub(super) fn rest(self) -> Vec<Seen> {
        self.seen
    }
}

impl Sink for Collector {
    fn clean(&mut self, bytes: &[u8]) {
        self.settled += bytes.len() as u64;
        if let Some(last) = self.seen.last_mut().filter(|last| !last.ended) {
            last.follow(bytes);
        }
        let from = memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1);
        if from > 0 {
            self.line.clear();
        }
        let from = from.max(bytes.len().saturating_sub(AROUND));
        self.line.extend_from_slice(&bytes[from..]);
        self.line.drain(..self.line.len().saturating_sub(AROUND));
    }

    fn replaced(&mut self, _: &[u8]) {}

    fn found(&mut self, finding: &Finding) {
        if let Some(last) = self.seen.last_mut() {
            last.ended = true;
        }
        self.settled = finding.span().end();
        let before = std::mem::take(&mut self.line);
        self.seen.push(Seen { finding: finding.clone(), before, after: Vec::new(), ended: false });
    }
}

impl Seen {
    /// Takes of the bytes behind the finding what belongs to it.
    fn follow(&mut self, bytes: &[u8]) {
        let line = memchr::memchr(b'\n', bytes);
        let room = AROUND - self.after.len();
        let len = line.unwrap_or(bytes.len()).min(room);
        self.after.extend_from_slice(&bytes[..len]);
        self.ended = line.is_some() || self.after.len() == AROUND;
    }
}
