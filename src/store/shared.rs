//! What the store, its thread and its streams share.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;

use super::counts::Counts;
use super::event::Event;
use super::keeper::{Keeper, Turn};
use crate::Redactor;

/// Who is told what happens.
pub(super) type Observer = Box<dyn Fn(&Event) + Send + Sync>;

/// Streams read `current` and `counts`, without a lock. The keeper's lock is for whoever changes the set.
pub(super) struct Shared {
    current: ArcSwap<Current>,
    pub(super) counts: Counts,
    keeper: Mutex<Keeper>,
    observer: Observer,
}

/// The set in force and its number.
struct Current {
    generation: u64,
    redactor: Redactor,
}

impl Shared {
    /// The first set is in force from the start.
    pub(super) fn new(keeper: Keeper, first: Turn, observer: Observer, now: Instant) -> Self {
        let current = Current { generation: 0, redactor: keeper.redactor().clone() };
        let shared = Self {
            current: ArcSwap::from_pointee(current),
            counts: Counts::new(now),
            keeper: Mutex::new(keeper),
            observer,
        };
        shared.step(now, |_| first);
        shared
    }

    /// The set in force and its number.
    pub(super) fn current(&self) -> (u64, Redactor) {
        let current = self.current.load();
        (current.generation, current.redactor.clone())
    }

    /// Does something with the set in force.
    pub(super) fn with<T>(&self, run: impl FnOnce(&Redactor) -> T) -> T {
        run(&self.current.load().redactor)
    }

    /// As [`turn`](Self::turn), for what cannot fail.
    pub(super) fn step(&self, now: Instant, step: impl FnOnce(&mut Keeper) -> Turn) {
        let Ok(()) = self.turn(now, |keeper| Ok::<_, Infallible>(step(keeper)));
    }

    /// One step of the keeper: a new set comes into force before anybody else can make another, and the observer hears
    /// of it afterwards.
    pub(super) fn turn<E>(
        &self,
        now: Instant,
        step: impl FnOnce(&mut Keeper) -> Result<Turn, E>,
    ) -> Result<(), E> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = step(&mut keeper)?;
        if let Some((generation, redactor)) = turn.set {
            self.current.store(Current { generation, redactor }.into());
            self.counts.came_into_force(generation, now);
        }
        self.counts.set_failing(keeper.failing());
        drop(keeper);
        turn.events.iter().for_each(|event| self.tell(event));
        Ok(())
    }

    /// Looks at the keeper, or marks what is due.
    pub(super) fn keeper<T>(&self, look: impl FnOnce(&mut Keeper) -> T) -> T {
        look(&mut self.keeper.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn tell(&self, event: &Event) {
        match event {
            Event::Retrieved { .. } => self.counts.refreshed(),
            Event::Failed { .. } => self.counts.failed(),
            _ => {}
        }
        // An observer that panics must not end the refreshing.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.observer)(event)));
    }
}
