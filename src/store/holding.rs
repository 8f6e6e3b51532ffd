//! What is covered of one source: what it gives, and what it gave.

use std::collections::HashSet;
use std::time::Instant;

use super::policy::Policy;
use crate::Secret;
use crate::source::Fetched;

/// The secrets of one source.
///
/// Invariant: no value of `retired` is also in `live`.
#[derive(Clone, Default)]
pub(super) struct Holding {
    live: Vec<Secret>,
    retired: Vec<Retired>,
    lease_end: Option<Instant>,
}

/// A value that the source no longer gives.
#[derive(Clone)]
struct Retired {
    secret: Secret,
    until: Instant,
}

impl Holding {
    /// What is covered once the source gave `fetched`: that, and until their time is over the values that it gave before.
    pub(super) fn after(&self, fetched: Fetched, now: Instant, policy: &Policy) -> Self {
        let live = fetched.secrets;
        let values: HashSet<&[u8]> = live.iter().map(Secret::value).collect();
        let until = policy.covered_until(now, self.lease_end);
        let gone = self.live.iter().map(|secret| Retired { secret: secret.clone(), until });
        let retired = self.retired.iter().cloned().chain(gone);
        let retired = retired.filter(|old| !values.contains(old.secret.value())).collect();
        let lease_end = fetched.lease.map(|lease| Policy::lease_end(now, lease));
        Self { retired, lease_end, live }
    }

    /// Names of what the source gives.
    pub(super) fn names(&self) -> Vec<String> {
        self.live.iter().map(|secret| secret.name().to_owned()).collect()
    }

    /// What the source gives here and not in `before`.
    pub(super) fn added<'a>(&'a self, before: &Self) -> Vec<&'a Secret> {
        let known: HashSet<_> = before.live.iter().map(identity).collect();
        self.live.iter().filter(|secret| !known.contains(&identity(secret))).collect()
    }

    /// Names of what the source gave in `before` and does not here.
    pub(super) fn gone(&self, before: &Self) -> Vec<String> {
        before.added(self).into_iter().map(|secret| secret.name().to_owned()).collect()
    }

    /// All that is covered, what the source gives first.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.live.iter().chain(self.retired.iter().map(|old| &old.secret))
    }

    /// When the next value's time is over.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.retired.iter().map(|old| old.until).min()
    }

    /// Lets go of the values whose time is over; gives their names.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<String> {
        let over = |old: &Retired| old.until <= now;
        let names = self.retired.iter().filter(|old| over(old));
        let names = names.map(|old| old.secret.name().to_owned()).collect();
        self.retired.retain(|old| !over(old));
        names
    }
}

fn identity(secret: &Secret) -> (&str, &[u8]) {
    (secret.name(), secret.value())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn fetched(values: &[(&str, &str)]) -> Fetched {
        Fetched::new(values.iter().map(|(name, value)| Secret::new(name, *value)).collect())
    }

    fn covered(holding: &Holding) -> Vec<String> {
        holding
            .secrets()
            .map(|secret| String::from_utf8_lossy(secret.value()).into_owned())
            .collect()
    }

    #[test]
    fn old_values_stay_for_the_overlap() {
        let (now, policy) = (Instant::now(), Policy::new().overlap(HOUR));
        let first = Holding::default().after(fetched(&[("db", "old value")]), now, &policy);
        let mut second = first.after(fetched(&[("db", "new value")]), now, &policy);
        assert_eq!(covered(&second), ["new value", "old value"]);
        assert_eq!((second.added(&first).len(), second.gone(&first)), (1, vec!["db".to_owned()]));
        assert_eq!(second.next_end(), Some(now + HOUR));
        assert!(second.expire(now + HOUR - Duration::from_secs(1)).is_empty());
        assert_eq!(second.expire(now + HOUR), ["db"]);
        assert_eq!(covered(&second), ["new value"]);
    }

    #[test]
    fn a_value_that_comes_back_is_not_let_go() {
        let (now, policy) = (Instant::now(), Policy::new().overlap(HOUR));
        let first = Holding::default().after(fetched(&[("db", "old value")]), now, &policy);
        let second = first.after(fetched(&[]), now, &policy);
        let mut third = second.after(fetched(&[("other", "old value")]), now, &policy);
        assert_eq!((covered(&third), third.next_end()), (vec!["old value".to_owned()], None));
        assert!(third.expire(now + 2 * HOUR).is_empty());
    }

    #[test]
    fn a_leased_value_stays_until_its_lease_ended() {
        let (now, policy) = (Instant::now(), Policy::new());
        let first = fetched(&[("db", "old value")]).leased(HOUR);
        let first = Holding::default().after(first, now, &policy);
        let second = first.after(fetched(&[("db", "new value")]).leased(HOUR), now, &policy);
        assert_eq!(second.next_end(), Some(now + HOUR + Duration::from_secs(300)));
    }
}
