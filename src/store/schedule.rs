//! When one source is asked again. Knows no clock: it is told what time it is.

use std::time::{Duration, Instant};

use fastrand::Rng;

/// The first wait after a failure; each further failure doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Longest wait after a failure.
const LAST_RETRY: Duration = Duration::from_secs(5 * 60);
/// Shortest wait for a lease, so that a vault that hands out dead ones is not asked in a circle.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// ```text
///          ┌── succeeded: interval or lease, with jitter ──┐
///          ▾                                                │
///   due at a time ── started ──▸ asking ────────────────────┤
///          ▴                                                │
///          └── failed: 1 s, 2 s, … 5 min, with jitter ──────┘
/// ```
///
/// What hastens it while it is being asked makes it due again right after: what is read now may be older than the
/// change.
#[derive(Debug)]
pub(super) struct Schedule {
    state: State,
    failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting { due: Option<Instant> },
    Asking { again: Option<Instant> },
}

impl Schedule {
    /// One that is being asked for the first time.
    pub(super) fn asking() -> Self {
        Self { state: State::Asking { again: None }, failures: 0 }
    }

    /// When it is due; none while it is being asked, or if nothing but a change makes it due.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { due } => due,
            State::Asking { .. } => None,
        }
    }

    /// Failures since it was last read.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// It is being asked.
    pub(super) fn started(&mut self) {
        self.state = State::Asking { again: None };
    }

    /// It was read: due after `interval` give or take a tenth, or at two thirds of `lease` give or take a tenth,
    /// whichever is earlier.
    pub(super) fn succeeded(
        &mut self,
        now: Instant,
        interval: Option<Duration>,
        lease: Option<Duration>,
        rng: &mut Rng,
    ) {
        self.failures = 0;
        let lease = lease.map(|lease| (lease / 3 * 2).max(SHORTEST_LEASE));
        let wait = [interval, lease].into_iter().flatten().min();
        self.wait(wait.and_then(|wait| now.checked_add(around(wait, rng))));
    }

    /// It could not be read; gives after how long it is due again: half of a wait that doubles, and a random part of
    /// the other half.
    pub(super) fn failed(&mut self, now: Instant, rng: &mut Rng) -> Duration {
        let doubled = FIRST_RETRY * (1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let half = doubled.min(LAST_RETRY) / 2;
        let wait = half + half.mul_f64(rng.f64());
        self.wait(Some(now + wait));
        wait
    }

    /// It is due at `at` if it is not due before.
    pub(super) fn hasten(&mut self, at: Instant) {
        match &mut self.state {
            State::Waiting { due: when } | State::Asking { again: when } => {
                *when = Some(when.map_or(at, |when| when.min(at)));
            }
        }
    }

    fn wait(&mut self, due: Option<Instant>) {
        let again = match self.state {
            State::Asking { again } => again,
            State::Waiting { .. } => None,
        };
        self.state = State::Waiting { due: [due, again].into_iter().flatten().min() };
    }
}

/// From nine to eleven tenths of `wait`, so that a thousand processes that started together do not ask together.
fn around(wait: Duration, rng: &mut Rng) -> Duration {
    wait.saturating_sub(wait / 10).saturating_add((wait / 5).mul_f64(rng.f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Waits that `turn` leads to, with many seeds.
    fn waits(turn: impl Fn(&mut Schedule, Instant, &mut Rng)) -> Vec<Duration> {
        let now = Instant::now();
        (0..200)
            .map(|seed| {
                let mut schedule = Schedule::asking();
                turn(&mut schedule, now, &mut Rng::with_seed(seed));
                schedule.due().expect("due") - now
            })
            .collect()
    }

    #[test]
    fn an_interval_is_kept_give_or_take_a_tenth() {
        let waits = waits(|s, now, rng| s.succeeded(now, Some(10 * MINUTE), None, rng));
        assert!(waits.iter().all(|wait| (9 * MINUTE..=11 * MINUTE).contains(wait)));
        let (least, most) = (waits.iter().min(), waits.iter().max());
        assert!(least < Some(&(MINUTE * 93 / 10)) && most > Some(&(MINUTE * 107 / 10)));
    }

    #[test]
    fn a_lease_is_renewed_before_it_ends() {
        let waits =
            waits(|s, now, rng| s.succeeded(now, Some(60 * MINUTE), Some(30 * MINUTE), rng));
        assert!(waits.iter().all(|wait| (18 * MINUTE..=22 * MINUTE).contains(wait)));
    }

    #[test]
    fn a_dead_lease_is_not_asked_for_in_a_circle() {
        let waits = waits(|s, now, rng| s.succeeded(now, None, Some(Duration::ZERO), rng));
        assert!(waits.iter().all(|wait| *wait >= Duration::from_millis(900)));
    }

    #[test]
    fn failures_double_the_wait_up_to_five_minutes_and_a_success_ends_that() {
        let (now, mut rng) = (Instant::now(), Rng::with_seed(7));
        let mut schedule = Schedule::asking();
        for failures in 0..40 {
            schedule.started();
            let full = FIRST_RETRY * (1 << failures.min(12));
            let full = full.min(LAST_RETRY);
            let wait = schedule.failed(now, &mut rng);
            assert!((full / 2..=full).contains(&wait), "{failures}: {wait:?}");
            assert_eq!(schedule.due(), Some(now + wait));
        }
        schedule.succeeded(now, None, None, &mut rng);
        assert_eq!((schedule.failures(), schedule.due()), (0, None));
    }

    #[test]
    fn a_change_while_it_is_asked_asks_again() {
        let (now, mut rng) = (Instant::now(), Rng::with_seed(7));
        let mut schedule = Schedule::asking();
        schedule.hasten(now);
        assert_eq!(schedule.due(), None);
        schedule.succeeded(now, Some(MINUTE), None, &mut rng);
        assert_eq!(schedule.due(), Some(now));
        schedule.started();
        schedule.succeeded(now, None, None, &mut rng);
        assert_eq!(schedule.due(), None);
    }
}
