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

    /// Passes rows on, so that who follows the report sees them while the input goes on.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }

    /// The summary. That nobody reads it is no reason to fail.
    pub(crate) fn summary(&self, written: u64, out: &mut impl Write) {
        let seconds = self.started.elapsed().as_secs_f64();
        let total: u64 = self.counts.values().sum();
        let speed = self.read as f64 / seconds.max(1e-9) / 1e6;
        let _ = writeln!(
            out,
            "keepmum: {} bytes in, {written} out, {total} redactions, {seconds:.2} s, {speed:.0} MB/s",
            self.read
        );
        for (name, count) in &self.counts {
            let _ = writeln!(out, "{count:>8}  {name}");
        }
    }
}
