//! What the gateway did, for its status page: counts and names, never a value.

mod counts;
mod pages;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use crate::Surface;
use crate::prompt::{Report, RestoreReport};
use counts::Counts;
pub(super) use counts::Outcome;

/// Counters since the start.
pub(super) struct Status {
    started: SystemTime,
    counts: Mutex<Counts>,
}

impl Default for Status {
    fn default() -> Self {
        Self { started: SystemTime::now(), counts: Mutex::default() }
    }
}

impl Status {
    /// A request came to its end, or its reply began.
    pub(super) fn ended(&self, outcome: Outcome) {
        self.counts().ended(SystemTime::now(), outcome);
    }

    /// Something was looked through on `route`.
    pub(super) fn found(&self, surface: Surface, route: &str, report: &Report) {
        if !report.found.is_empty() {
            self.counts().found(SystemTime::now(), surface, route, report);
        }
    }

    /// A reply came to its end.
    pub(super) fn restored(&self, report: &RestoreReport) {
        if *report != RestoreReport::default() {
            self.counts().restored(report);
        }
    }

    fn json(&self) -> Value {
        let now = SystemTime::now();
        let mut value = self.counts().json(now);
        let uptime = now.duration_since(self.started).map_or(0, |up| up.as_secs());
        value["uptime_seconds"] = uptime.into();
        value["version"] = env!("CARGO_PKG_VERSION").into();
        value
    }

    fn text(&self) -> String {
        self.counts().text()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
