//! What was found: counted, as JSON lines, and in the audit log.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use keepmum::Finding;
use serde_json::json;

use super::audit::Audit;
use super::exit::Failure;

/// Counts, and writes each finding to the report and to the audit log if there are such.
pub(crate) struct Report {
    surface: &'static str,
    file: Option<BufWriter<File>>,
    audit: Option<Arc<Audit>>,
    counts: BTreeMap<String, u64>,
    read: u64,
    started: Instant,
}

impl Report {
    /// A report of `surface`, as the audit log calls it.
    pub(crate) fn new(
        surface: &'static str,
        path: Option<&Path>,
        audit: Option<Arc<Audit>>,
    ) -> Result<Self, Failure> {
        let file = path.map(File::create).transpose().map_err(failed)?.map(BufWriter::new);
        let (counts, started) = (BTreeMap::new(), Instant::now());
        Ok(Self { surface, file, audit, counts, read: 0, started })
    }

    pub(crate) fn wants_lines(&self) -> bool {
        self.file.is_some()
    }

    pub(crate) fn read(&mut self, count: usize) {
        self.read += count as u64;
    }

    /// Tells what was found in one piece of `input`, with its lines. Who follows the report sees it while the input goes
    /// on; in the audit log it stays whatever happens then.
    pub(crate) fn tell(&mut self, input: &str, found: &[(Finding, u64)]) -> Result<(), Failure> {
        if found.is_empty() {
            return Ok(());
        }
        for (finding, line) in found {
            self.count(finding);
            self.write(input, finding, *line).map_err(failed)?;
        }
        self.file.as_mut().map_or(Ok(()), Write::flush).map_err(failed)?;
        match &self.audit {
            Some(audit) => audit.redacted(self.surface, input, found),
            None => Ok(()),
        }
    }

    fn count(&mut self, finding: &Finding) {
        match self.counts.get_mut(finding.name()) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(finding.name().to_owned(), 1)),
        }
    }

    fn write(&mut self, input: &str, finding: &Finding, line: u64) -> io::Result<()> {
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

/// A report that several streams tell.
#[derive(Clone)]
pub(crate) struct SharedReport(Arc<Mutex<Report>>);

impl SharedReport {
    pub(crate) fn new(report: Report) -> Self {
        Self(Arc::new(Mutex::new(report)))
    }

    /// The report. One that a panic interrupted has at worst counted less.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(error: io::Error) -> Failure {
    Failure::io("report", error)
}
