//! What a stage did, in figures.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The upstream took it.
    Passed,
    /// The upstream answered with an error.
    Rejected,
    /// It was not sent: it cannot be looked through.
    Refused,
    /// The stage or its upstream failed.
    Failed,
}

/// Counters since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    outcomes: [AtomicU64; 4],
    bytes: AtomicU64,
    redactions: AtomicU64,
}

impl Counts {
    pub(super) fn ended(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// So many decoded bytes were looked through, and so much was found.
    pub(super) fn looked(&self, bytes: usize, found: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.redactions.fetch_add(found as u64, Ordering::Relaxed);
    }
}

/// The counters of all stages as text, as Prometheus reads it.
pub(super) fn text<'a>(all: impl Iterator<Item = (&'a str, &'a Counts)> + Clone) -> String {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut out = "# TYPE keepmum_serve_requests_total counter\n".to_owned();
    for (stage, counts) in all.clone() {
        let names = ["passed", "rejected", "refused", "failed"];
        for (outcome, counter) in names.iter().zip(&counts.outcomes) {
            let labels = format_args!("stage=\"{stage}\",outcome=\"{outcome}\"");
            let _ = writeln!(out, "keepmum_serve_requests_total{{{labels}}} {}", read(counter));
        }
    }
    out += "# TYPE keepmum_serve_bytes_total counter\n";
    for (stage, counts) in all.clone() {
        let bytes = read(&counts.bytes);
        let _ = writeln!(out, "keepmum_serve_bytes_total{{stage=\"{stage}\"}} {bytes}");
    }
    out += "# TYPE keepmum_serve_redactions_total counter\n";
    for (stage, counts) in all {
        let found = read(&counts.redactions);
        let _ = writeln!(out, "keepmum_serve_redactions_total{{stage=\"{stage}\"}} {found}");
    }
    out
}
