//! What is told of connections, which have no reply in which it could stand.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Hears what went wrong on connections: the stage's name, and why. Nothing of a client's is in it.
pub type Told = dyn Fn(&str, &str) + Send + Sync;

/// Of a stage one thing is told in so long; a client that comes again and again fills no log.
const PAUSE: Duration = Duration::from_secs(10);

/// Tells it of one stage.
#[derive(Default)]
pub(super) struct Teller {
    told: Option<Arc<Told>>,
    last: Mutex<Option<Instant>>,
}

impl Teller {
    pub(super) fn new(told: Option<Arc<Told>>) -> Self {
        Self { told, last: Mutex::default() }
    }

    pub(super) fn tell(&self, stage: &str, why: &str) {
        let Some(told) = &self.told else { return };
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.duration_since(last) >= PAUSE) {
            *last = Some(now);
            told(stage, why);
        }
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}
