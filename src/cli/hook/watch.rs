//! An answer in time, whatever happens.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use keepmum::hook::{Agent, Failure as Refusal, refusal};

use super::{given, say};
use crate::cli::args::Args;

/// How long an event may take, if nobody says otherwise. Agents give a hook at least 10 seconds, and go on if it takes longer.
const LONGEST_TIME: Duration = Duration::from_secs(5);

/// A thread that refuses the event and ends the process, unless the work is done before.
///
/// The work itself stays in the first thread: the allocator gives others a heap that grows page by page, a call of the system
/// each, which were 376 for a small event.
pub(super) struct Watch {
    pub(super) until: Instant,
    /// Whether the work is done. Who locks it speaks.
    done: Arc<Mutex<bool>>,
    thread: Thread,
}

impl Watch {
    /// Starts to watch; `input` is what is known of the event when the time is up.
    pub(super) fn start(
        agent: Agent,
        args: &Args,
        input: &'static OnceLock<Vec<u8>>,
    ) -> Result<Self, Refusal> {
        let given = given(args);
        let event = given.event.clone();
        let until = Instant::now() + given.timeout.map_or(LONGEST_TIME, |time| time.0);
        let done = Arc::new(Mutex::new(false));
        let watched = Arc::clone(&done);
        let watch = move || {
            let Some(_speaks) = late(&watched, until) else { return };
            let input = input.get().map(Vec::as_slice).unwrap_or_default();
            let code = say(&refusal(agent, event.as_deref(), input, &Refusal::Time));
            std::process::exit(code.into());
        };
        let started = thread::Builder::new().name("keepmum-watch".to_owned()).spawn(watch);
        let setup = |error| Refusal::Setup(format!("no thread could be started: {error}"));
        let thread = started.map_err(setup)?.thread().clone();
        Ok(Self { until, done, thread })
    }

    /// Says that there is an answer. Does not return if the time is up: then that is said, and the process ends.
    pub(super) fn end(self) {
        *lock(&self.done) = true;
        self.thread.unpark();
    }
}

/// Waits until `until`, or until it is done; gives the lock if it is late.
fn late(done: &Mutex<bool>, until: Instant) -> Option<MutexGuard<'_, bool>> {
    loop {
        let done = lock(done);
        let left = until.saturating_duration_since(Instant::now());
        match (*done, left.is_zero()) {
            (true, _) => return None,
            (false, true) => return Some(done),
            (false, false) => drop(done),
        }
        thread::park_timeout(left);
    }
}

fn lock(done: &Mutex<bool>) -> MutexGuard<'_, bool> {
    done.lock().unwrap_or_else(PoisonError::into_inner)
}
