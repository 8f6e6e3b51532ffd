//! How one source is kept.

use std::time::{Duration, Instant};

/// How long a value that a source no longer gives stays covered.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// The same after the end of its lease: what was logged before it can still be on its way.
const GRACE: Duration = Duration::from_secs(5 * 60);
/// Intervals are clamped to these: shorter ones would only keep a vault busy, longer ones leave the clock's range.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How one source of a [`SecretStore`](super::SecretStore) is kept.
///
/// ```
/// use std::time::Duration;
/// use keepmum::store::Policy;
///
/// let policy = Policy::new().optional().refresh(Duration::from_secs(300));
/// assert!(policy.is_optional());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    presence: Presence,
    refresh: Option<Duration>,
    overlap: Option<Duration>,
    grace: Duration,
}

/// What it means that a source is down at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy {
    /// A source that is required, and asked again when its lease or its files say so.
    pub fn new() -> Self {
        Self { presence: Presence::Required, refresh: None, overlap: None, grace: GRACE }
    }

    /// Starts without the source if it is down, and goes on asking.
    ///
    /// ### Default
    ///
    /// It is required: the store does not open without it.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.presence = Presence::Optional;
        self
    }

    /// Asks again after this time, give or take a tenth. At least 100 ms.
    ///
    /// ### Default
    ///
    /// Never by the clock; at two thirds of a lease if the source gives one.
    #[must_use]
    pub fn refresh(mut self, interval: Duration) -> Self {
        self.refresh = Some(interval.clamp(SHORTEST, LONGEST));
        self
    }

    /// How long a value stays covered after the source stopped giving it.
    ///
    /// ### Default
    ///
    /// 24 hours; for a value with a lease, until [`grace`](Self::grace) after the lease's end. With both, the later one
    /// counts.
    #[must_use]
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = Some(overlap.min(LONGEST));
        self
    }

    /// How long a value stays covered after the end of its lease.
    ///
    /// ### Default
    ///
    /// 5 minutes.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace.min(LONGEST);
        self
    }

    /// Whether the store opens without the source.
    pub fn is_optional(&self) -> bool {
        self.presence == Presence::Optional
    }

    /// Whether the clock alone makes it ask again.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.refresh
    }

    /// Until when a value is covered that the source stopped giving at `now`.
    pub(super) fn covered_until(&self, now: Instant, lease_end: Option<Instant>) -> Instant {
        match (lease_end, self.overlap) {
            (None, overlap) => now + overlap.unwrap_or(OVERLAP),
            (Some(end), overlap) => {
                (end.max(now) + self.grace).max(now + overlap.unwrap_or_default())
            }
        }
    }

    /// When a lease that was given at `now` ends.
    pub(super) fn lease_end(now: Instant, lease: Duration) -> Instant {
        now + lease.min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_value_outlives_its_lease_by_the_grace_and_others_by_a_day() {
        let now = Instant::now();
        let policy = Policy::new();
        assert_eq!(policy.covered_until(now, None), now + 24 * HOUR);
        assert_eq!(policy.covered_until(now, Some(now + HOUR)), now + HOUR + GRACE);
        let late = policy.covered_until(now + 2 * HOUR, Some(now + HOUR));
        assert_eq!(late, now + 2 * HOUR + GRACE);
        assert_eq!(policy.overlap(4 * HOUR).covered_until(now, Some(now + HOUR)), now + 4 * HOUR);
    }

    #[test]
    fn no_duration_leaves_the_range_of_the_clock() {
        let now = Instant::now();
        let policy =
            Policy::new().overlap(Duration::MAX).grace(Duration::MAX).refresh(Duration::MAX);
        let end = Policy::lease_end(now, Duration::MAX);
        assert!(policy.covered_until(now, Some(end)) > end);
        assert_eq!(policy.interval(), Some(LONGEST));
    }
}
