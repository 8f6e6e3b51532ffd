//! Numbers of lines, counted as an input is read.

use keepmum::Finding;

/// Where the lines of one input end, as far as a finding may still ask for them.
///
/// Invariant: `before` lines end before the first of `ends`.
#[derive(Default)]
pub(crate) struct Lines {
    ends: Vec<u64>,
    before: u64,
    read: u64,
    open: Option<Open>,
}

/// A redaction that goes on since an earlier chunk: only the line of its start is still asked for.
#[derive(Clone, Copy)]
struct Open {
    line: u64,
    // Lines that end before this were forgotten.
    until: u64,
}

impl Lines {
    pub(crate) fn read(&mut self, chunk: &[u8]) {
        self.ends.extend(memchr::memchr_iter(b'\n', chunk).map(|at| self.read + at as u64));
        self.read += chunk.len() as u64;
    }

    /// The line of `offset`, counted from 1. Offsets come in order, so earlier lines are forgotten.
    pub(crate) fn line(&mut self, offset: u64) -> u64 {
        match self.open.filter(|open| offset < open.until) {
            Some(open) => open.line,
            None => self.pass(offset),
        }
    }

    /// Findings, each with the line that it begins in.
    pub(crate) fn numbered(&mut self, findings: Vec<Finding>) -> Vec<(Finding, u64)> {
        let numbered = |finding: Finding| {
            let line = self.line(finding.span().start());
            (finding, line)
        };
        findings.into_iter().map(numbered).collect()
    }

    /// Forgets what no finding can ask for any more: findings to come begin at `settled`, where the clean bytes end, or
    /// not before `decided`.
    pub(crate) fn forget(&mut self, settled: u64, decided: u64) {
        let still = self.open.filter(|open| settled < open.until);
        self.open = None;
        if settled < decided {
            let line = still.map_or_else(|| self.pass(settled), |open| open.line);
            self.open = Some(Open { line, until: decided });
        }
        self.pass(decided);
    }

    fn pass(&mut self, offset: u64) -> u64 {
        let passed = self.ends.partition_point(|&end| end < offset);
        self.ends.drain(..passed);
        self.before += passed as u64;
        self.before + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redaction_over_many_chunks_keeps_its_line() {
        let mut lines = Lines::default();
        lines.read(b"a\nb\nSECRET\n");
        lines.forget(4, 11);
        lines.read(b"SECRET\nSECRET\n");
        lines.forget(4, 25);
        lines.read(b"\nc");
        assert_eq!((lines.line(4), lines.line(26)), (3, 7));
        lines.forget(27, 27);
        assert_eq!(lines.line(27), 7);
    }
}
