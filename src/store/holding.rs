//! What is covered of one source: what it gives, and what it gave.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::policy::Policy;
use crate::Secret;
use crate::source::Fetched;

/// The secrets of one source.
///
/// Invariant: no value of `retired` is also in `live`.
#[derive(Clone, Default)]
pub(super) struct Holding {
    live: Vec<Given>,
    retired: Vec<Retired>,
    lease_end: Option<Instant>,
}

/// A value that the source gives.
#[derive(Clone)]
struct Given {
    secret: Secret,
    /// The generation that brought it.
    since: u64,
}

/// A value that the source no longer gives.
#[derive(Clone)]
struct Retired {
    given: Given,
    until: Instant,
}

/// A value whose time is over.
pub(super) struct Over<'a> {
    pub(super) name: &'a str,
    /// The generation that had brought it.
    pub(super) since: u64,
}

impl Holding {
    /// What is covered once the source gave `fetched`: that, and until their time is over the values that it gave before.
    /// What is new comes with `generation`.
    pub(super) fn after(
        &self,
        fetched: Fetched,
        now: Instant,
        policy: &Policy,
        generation: u64,
    ) -> Self {
        let known: HashMap<_, _> =
            self.live.iter().map(|given| (identity(&given.secret), given.since)).collect();
        let since = |secret: &Secret| known.get(&identity(secret)).copied().unwrap_or(generation);
        let live = fetched.secrets.into_iter();
        let live: Vec<_> = live.map(|secret| Given { since: since(&secret), secret }).collect();
        let values: HashSet<&[u8]> = live.iter().map(|given| given.secret.value()).collect();
        let until = policy.covered_until(now, self.lease_end);
        let gone = self.live.iter().map(|given| Retired { given: given.clone(), until });
        let retired = self.retired.iter().cloned().chain(gone);
        let retired = retired.filter(|old| !values.contains(old.given.secret.value())).collect();
        let lease_end = fetched.lease.map(|lease| Policy::lease_end(now, lease));
        Self { retired, lease_end, live }
    }

    /// What the source gives.
    pub(super) fn live(&self) -> impl Iterator<Item = &Secret> {
        self.live.iter().map(|given| &given.secret)
    }

    /// Names of what the source gives here and not in `before`.
    pub(super) fn added(&self, before: &Self) -> Vec<String> {
        let known: HashSet<_> = before.live().map(identity).collect();
        let added = self.live().filter(|secret| !known.contains(&identity(secret)));
        added.map(|secret| secret.name().to_owned()).collect()
    }

    /// All that is covered, what the source gives first.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.live().chain(self.retired.iter().map(|old| &old.given.secret))
    }

    /// When the next value's time is over.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.retired.iter().map(|old| old.until).min()
    }

    /// Values whose time is over.
    pub(super) fn over(&self, now: Instant) -> impl Iterator<Item = Over<'_>> {
        let over = self.retired.iter().filter(move |old| old.until <= now);
        over.map(|old| Over { name: old.given.secret.name(), since: old.given.since })
    }

    /// Lets go of them.
    pub(super) fn expire(&mut self, now: Instant) {
        self.retired.retain(|old| old.until > now);
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
        let first = Holding::default().after(fetched(&[("db", "old value")]), now, &policy, 1);
        let mut second = first.after(fetched(&[("db", "new value")]), now, &policy, 2);
        assert_eq!(covered(&second), ["new value", "old value"]);
        assert_eq!(
            (second.added(&first), first.added(&second)),
            (vec!["db".into()], vec!["db".into()])
        );
        assert_eq!(second.next_end(), Some(now + HOUR));
        assert_eq!(second.over(now + HOUR - Duration::from_secs(1)).count(), 0);
        let over = second.over(now + HOUR).map(|over| (over.name, over.since));
        assert_eq!(over.collect::<Vec<_>>(), [("db", 1)]);
        second.expire(now + HOUR);
        assert_eq!(covered(&second), ["new value"]);
    }

    #[test]
    fn a_value_that_comes_back_is_not_let_go() {
        let (now, policy) = (Instant::now(), Policy::new().overlap(HOUR));
        let first = Holding::default().after(fetched(&[("db", "old value")]), now, &policy, 1);
        let second = first.after(fetched(&[]), now, &policy, 2);
        let third = second.after(fetched(&[("other", "old value")]), now, &policy, 3);
        assert_eq!((covered(&third), third.next_end()), (vec!["old value".to_owned()], None));
        assert_eq!(third.over(now + 2 * HOUR).count(), 0);
    }

    #[test]
    fn a_leased_value_stays_until_its_lease_ended() {
        let (now, policy) = (Instant::now(), Policy::new());
        let first = fetched(&[("db", "old value")]).leased(HOUR);
        let first = Holding::default().after(first, now, &policy, 1);
        let second = first.after(fetched(&[("db", "new value")]).leased(HOUR), now, &policy, 2);
        assert_eq!(second.next_end(), Some(now + HOUR + Duration::from_secs(300)));
    }
}
