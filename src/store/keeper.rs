//! What is covered, and which source is due. Knows no clock, no thread and no source: it is told what time it is and what
//! a source gave, and says which to ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::error::StoreError;
use super::event::Event;
use super::holding::Holding;
use super::policy::Policy;
use super::schedule::Schedule;
use crate::source::{Fetched, SourceError};
use crate::{BuildError, Redactor, Secret, Warning};

/// A mount is swapped in several steps, and a file is written in several pieces: read when they are over.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// How often a source is read whose files cannot be watched.
const UNWATCHED: Duration = Duration::from_secs(60);

/// The state of a store.
///
/// Invariant: `redactor` covers `fixed` and every holding of `kept`; `generation` counts how often it was made.
pub(super) struct Keeper {
    redactor: Redactor,
    generation: u64,
    fixed: Vec<Secret>,
    kept: Vec<Kept>,
    rng: Rng,
}

/// One source.
struct Kept {
    name: Arc<str>,
    policy: Policy,
    schedule: Schedule,
    holding: Holding,
    /// Names of what the source gives and what is looked for.
    covered: Vec<String>,
    /// What the source gives and what is not looked for.
    uncovered: Vec<Warning>,
    watching: Watching,
}

/// Whether the files of a source can be watched, if it has any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watching {
    Works,
    Failed,
}

/// What one step led to.
#[derive(Default)]
pub(super) struct Turn {
    /// The new set, if there is one.
    pub(super) set: Option<(u64, Redactor)>,
    pub(super) events: Vec<Event>,
}

impl Keeper {
    /// Makes the first set of what each source gave.
    ///
    /// # Errors
    ///
    /// A source that is required gave nothing, or the set cannot be built.
    pub(super) fn open(
        redactor: Redactor,
        fixed: Vec<Secret>,
        first: Vec<(Arc<str>, Policy, Result<Fetched, SourceError>)>,
        now: Instant,
        mut rng: Rng,
    ) -> Result<(Self, Turn), StoreError> {
        let (mut kept, mut turn) = (Vec::new(), Turn::default());
        for (name, policy, fetched) in first {
            let mut one = Kept::new(name, policy);
            match fetched {
                Ok(fetched) => one.take(fetched, now, &mut rng, 1, &mut turn.events),
                Err(error) if one.policy.is_optional() => {
                    turn.events.push(one.fail(error.into(), now, &mut rng));
                }
                Err(error) => return Err(error.into()),
            }
            kept.push(one);
        }
        let mut keeper = Self { redactor, generation: 0, fixed, kept, rng };
        let redactor = keeper.build(None)?;
        turn.set = Some(keeper.put(redactor));
        Ok((keeper, turn))
    }

    /// Sources that are to be asked now. Each counts as being asked until [`fetched`](Self::fetched) is called for it.
    pub(super) fn due(&mut self, now: Instant) -> Vec<usize> {
        let due = |kept: &Kept| kept.schedule.due().is_some_and(|due| due <= now);
        let due: Vec<_> = (0..self.kept.len()).filter(|&at| due(&self.kept[at])).collect();
        due.iter().for_each(|&at| self.kept[at].schedule.started());
        due
    }

    /// When there is something to do next.
    pub(super) fn next(&self) -> Option<Instant> {
        let next = |kept: &Kept| [kept.schedule.due(), kept.holding.next_end()];
        self.kept.iter().flat_map(next).flatten().min()
    }

    /// A source answered. What it gave is taken as a whole or, if no set can be made of it, not at all.
    pub(super) fn fetched(
        &mut self,
        at: usize,
        fetched: Result<Fetched, SourceError>,
        now: Instant,
    ) -> Turn {
        match fetched.map_err(StoreError::from).and_then(|fetched| self.refreshed(at, fetched, now))
        {
            Ok(turn) => turn,
            Err(error) => {
                let failed = self.kept[at].fail(error, now, &mut self.rng);
                Turn { set: None, events: vec![failed] }
            }
        }
    }

    fn refreshed(&mut self, at: usize, fetched: Fetched, now: Instant) -> Result<Turn, StoreError> {
        let kept = &self.kept[at];
        let lease = fetched.lease;
        let next = kept.holding.after(fetched, now, &kept.policy, self.generation + 1);
        let (added, retired) = (next.added(&kept.holding), kept.holding.added(&next));
        let mut turn = Turn::default();
        if !(added.is_empty() && retired.is_empty()) {
            let redactor = self.build(Some((at, &next)))?;
            turn.set = Some(self.put(redactor));
            turn.events.extend(self.kept[at].names_of(&next));
            let (source, generation) = (Arc::clone(&self.kept[at].name), self.generation);
            turn.events.push(Event::Rotated { source, added, retired, generation });
        }
        let kept = &mut self.kept[at];
        kept.holding = next;
        turn.events.extend(kept.succeed(lease, now, &mut self.rng));
        turn.events.push(kept.retrieved(self.generation));
        Ok(turn)
    }

    /// Tells of the values whose time is over, before [`expire`](Self::expire) lets them go: none goes without a word.
    pub(super) fn over(&self, now: Instant) -> Vec<Event> {
        let over = self.kept.iter().flat_map(|kept| {
            kept.holding.over(now).map(|over| Event::Expired {
                source: Arc::clone(&kept.name),
                secret: over.name.to_owned(),
                since: over.since,
            })
        });
        over.collect()
    }

    /// Lets go of the values whose time is over.
    pub(super) fn expire(&mut self, now: Instant) -> Turn {
        self.kept.iter_mut().for_each(|kept| kept.holding.expire(now));
        // A part of a set that was built can be built. If not, the old set goes on covering what it covered.
        let set = self.build(None).ok().map(|redactor| self.put(redactor));
        Turn { set, events: Vec::new() }
    }

    /// Covers one more secret, for good.
    ///
    /// # Errors
    ///
    /// No set can be made with it; the old one stays.
    pub(super) fn add(&mut self, secret: Secret) -> Result<Turn, BuildError> {
        let name = secret.name().to_owned();
        self.fixed.push(secret);
        let redactor = self.build(None).inspect_err(|_| drop(self.fixed.pop()))?;
        let set = self.put(redactor);
        let event = Event::Added { secret: name, generation: self.generation };
        Ok(Turn { set: Some(set), events: vec![event] })
    }

    /// The files of a source changed.
    pub(super) fn changed(&mut self, at: usize, now: Instant) {
        self.kept[at].schedule.hasten(now + DEBOUNCE);
    }

    /// Every source is due.
    pub(super) fn refresh_now(&mut self, now: Instant) {
        self.kept.iter_mut().for_each(|kept| kept.schedule.hasten(now));
    }

    /// The files of a source cannot be watched: the clock has to do. Told once.
    pub(super) fn unwatched(&mut self, at: usize, error: String, now: Instant) -> Turn {
        let kept = &mut self.kept[at];
        kept.schedule.hasten(now + UNWATCHED);
        let source = Arc::clone(&kept.name);
        let told = std::mem::replace(&mut kept.watching, Watching::Failed) == Watching::Failed;
        let event = (!told).then_some(Event::Unwatched { source, error, every: UNWATCHED });
        Turn { set: None, events: event.into_iter().collect() }
    }

    /// The last set, with its number and all that it covers.
    #[cfg(feature = "prompt")]
    pub(super) fn known(&self) -> (u64, Redactor, Vec<Secret>) {
        let kept = self.kept.iter().flat_map(|kept| kept.holding.secrets());
        let secrets = self.fixed.iter().chain(kept).cloned().collect();
        (self.generation, self.redactor.clone(), secrets)
    }

    /// The last set.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// How many sources failed when they were last asked.
    pub(super) fn failing(&self) -> usize {
        self.kept.iter().filter(|kept| kept.schedule.failures() > 0).count()
    }

    /// A set of all that is covered, with another holding for one source.
    fn build(&self, instead: Option<(usize, &Holding)>) -> Result<Redactor, BuildError> {
        let holding = |(at, kept): (usize, &'_ Kept)| match instead {
            Some((other, holding)) if other == at => holding.secrets().cloned().collect::<Vec<_>>(),
            _ => kept.holding.secrets().cloned().collect(),
        };
        let kept = self.kept.iter().enumerate().flat_map(holding);
        self.redactor.with_secrets(self.fixed.iter().cloned().chain(kept).collect())
    }

    fn put(&mut self, redactor: Redactor) -> (u64, Redactor) {
        self.redactor = redactor.clone();
        self.generation += 1;
        (self.generation, redactor)
    }
}

impl Kept {
    /// One that is being asked for the first time.
    fn new(name: Arc<str>, policy: Policy) -> Self {
        let (schedule, holding) = (Schedule::asking(), Holding::default());
        let (covered, uncovered) = (Vec::new(), Vec::new());
        Self { name, policy, schedule, holding, covered, uncovered, watching: Watching::Works }
    }

    /// Takes what it gave at the start.
    fn take(
        &mut self,
        fetched: Fetched,
        now: Instant,
        rng: &mut Rng,
        generation: u64,
        events: &mut Vec<Event>,
    ) {
        let lease = fetched.lease;
        let next = self.holding.after(fetched, now, &self.policy, generation);
        events.extend(self.names_of(&next));
        self.holding = next;
        events.extend(self.succeed(lease, now, rng));
        events.push(self.retrieved(generation));
    }

    fn succeed(&mut self, lease: Option<Duration>, now: Instant, rng: &mut Rng) -> Option<Event> {
        let failures = self.schedule.failures();
        self.schedule.succeeded(now, self.policy.interval(), lease, rng);
        let source = Arc::clone(&self.name);
        (failures > 0).then_some(Event::Recovered { source, failures })
    }

    fn fail(&mut self, error: StoreError, now: Instant, rng: &mut Rng) -> Event {
        let retry = self.schedule.failed(now, rng);
        let failures = self.schedule.failures();
        let (source, covered) = (Arc::clone(&self.name), self.holding.secrets().count());
        Event::Failed { source, error, covered, failures, retry }
    }

    fn retrieved(&self, generation: u64) -> Event {
        let uncovered = self.uncovered.iter().map(|warning| warning.name().to_owned()).collect();
        let (source, secrets) = (Arc::clone(&self.name), self.covered.clone());
        Event::Retrieved { source, secrets, uncovered, generation }
    }

    /// Tells apart what of `holding` is looked for and what is not; gives events for what was not told before.
    fn names_of(&mut self, holding: &Holding) -> Vec<Event> {
        let told = std::mem::take(&mut self.uncovered);
        self.covered.clear();
        for secret in holding.live() {
            match Warning::of(secret) {
                Some(warning) => self.uncovered.push(warning),
                None => self.covered.push(secret.name().to_owned()),
            }
        }
        let new = self.uncovered.iter().filter(|warning| !told.contains(warning)).cloned();
        let source = &self.name;
        new.map(|warning| Event::Uncovered { source: Arc::clone(source), warning }).collect()
    }
}

#[cfg(test)]
mod tests;
