//! What was found: as JSON lines, and counted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use keepmum::Finding;
use serde_json::json;

/// Counts, and writes each finding to the report if there is one.
pub(crate) struct Report {
    file: Option<BufWriter<File>>,
    counts: BTreeMap<String, u64>,
    read: u64,
    started: Instant,
}

/// Where the lines of one input begin: counted as far as it was read.
#[derive(Default)]
pub(crate) struct Lines {
    // Ends of lines in the chunks that a finding may still lie in.
    ends: Vec<u64>,
    before: u64,
    read: u64,
}

impl Lines {
    pub(crate) fn read(&mut self, chunk: &[u8]) {
        self.ends.extend(memchr::memchr_iter(b'\n', chunk).map(|at| self.read + at as u64));
        self.read += chunk.len() as u64;
    }

    /// The line of `offset`, counted from 1. Offsets come in order, so earlier lines are forgotten.
    pub(crate) fn line(&mut self, offset: u64) -> u64 {
        let passed = self.ends.partition_point(|&end| end < offset);
        self.ends.drain(..passed);
        self.before += passed as u64;
        self.before + 1
    }

    /// Forgets lines that end before `offset`.
    pub(crate) fn forget_before(&mut self, offset: u64) {
        self.line(offset);
    }
}

impl Report {
    pub(crate) fn new(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(File::create).transpose()?.map(BufWriter::new);
        Ok(Self { file, counts: BTreeMap::new(), read: 0, started: Instant::now() })
    }

    pub(crate) fn wants_lines(&self) -> bool {
        self.file.is_some()
    }

    pub(crate) fn read(&mut self, count: usize) {
        self.read += count as u64;
    }

    pub(crate) fn add(&mut self, input: &str, line: u64, finding: &Finding) -> io::Result<()> {
        match self.counts.get_mut(finding.name()) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(finding.name().to_owned(), 1)),
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let span = finding.span();
        let row = json!({
            "kind": finding.origin().as_str(),
            "name": finding.name(),
            "file": input,
            "offset": span.start(),
            "length": span.len(),
            "line": line,
            "fingerprint": finding.fingerprint().map(|print| print.to_string()),
        });
        writeln!(file, "{row}")
    }

    /// Writes the rest of the report, and the summary to `out` if one is wanted.
    pub(crate) fn finish(mut self, written: u64, stats: Option<&mut dyn Write>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        let Some(out) = stats else { return Ok(()) };
        let seconds = self.started.elapsed().as_secs_f64();
        let total: u64 = self.counts.values().sum();
        let speed = self.read as f64 / seconds.max(1e-9) / 1e6;
        writeln!(
            out,
            "keepmum: {} bytes in, {written} out, {total} redactions, {seconds:.2} s, {speed:.0} MB/s",
            self.read
        )?;
        self.counts.iter().try_for_each(|(name, count)| writeln!(out, "{count:>8}  {name}"))
    }
}
