//! Numbers about a store.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counters of a [`SecretStore`](super::SecretStore), to be read at any time and without a lock.
#[derive(Debug)]
pub struct Counts {
    opened: Instant,
    refreshes: AtomicU64,
    failures: AtomicU64,
    failing: AtomicU64,
    pub(super) generation: AtomicU64,
    /// Milliseconds from `opened` to when the set came into force.
    in_force: AtomicU64,
}

impl Counts {
    pub(super) fn new(opened: Instant) -> Self {
        Self {
            opened,
            refreshes: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            failing: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            in_force: AtomicU64::new(0),
        }
    }

    /// How often a source was read.
    pub fn refreshes(&self) -> u64 {
        self.refreshes.load(Ordering::Relaxed)
    }

    /// How often a source could not be read, or gave what could not be used.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// How many sources failed when they were last asked.
    pub fn failing(&self) -> u64 {
        self.failing.load(Ordering::Relaxed)
    }

    /// The number of the set in force, counted from 1.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// How long the set has been in force.
    pub fn age(&self) -> Duration {
        let since = Duration::from_millis(self.in_force.load(Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(since)
    }

    pub(super) fn refreshed(&self) {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_failing(&self, sources: usize) {
        self.failing.store(sources as u64, Ordering::Relaxed);
    }

    /// Whoever sees the number sees the set too: it was stored before.
    pub(super) fn came_into_force(&self, generation: u64, now: Instant) {
        let since = now.saturating_duration_since(self.opened).as_millis();
        self.in_force.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.generation.store(generation, Ordering::Release);
    }
}
