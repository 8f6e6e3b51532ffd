//! How many bytes a stage holds of messages that have not come to their end, or wait for their place.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::fault::Fault;
use super::limits::ServeLimits;

/// Bytes that each message has beside the budget: what is short waits for nobody.
pub(super) const FREE: usize = 64 << 10;

/// The budget is counted in pieces of so many bytes.
const PIECE: usize = 16 << 10;

/// What the messages of a stage share, beside [`FREE`] bytes of each.
///
/// Bytes are taken as they come, so that whoever holds many has sent many. Two that hold all of it and wait for more would
/// wait for each other: so one message at a time is *ahead*, and takes what it needs beyond. It comes to its end, or is
/// refused for its time, and another one is.
///
/// Invariant: what is held is at most what is shared, and the longest message once more. Callers refuse what is longer.
#[derive(Clone)]
pub(super) struct Budget {
    shared: Arc<Semaphore>,
    ahead: Arc<Semaphore>,
}

impl Budget {
    pub(super) fn new(limits: &ServeLimits) -> Self {
        let pieces = limits.longest.saturating_mul(limits.requests) / PIECE;
        let shared = Semaphore::new(pieces.clamp(1, Semaphore::MAX_PERMITS));
        Self { shared: Arc::new(shared), ahead: Arc::new(Semaphore::new(1)) }
    }

    /// What a message holds of which nothing has come.
    pub(super) fn nothing(&self) -> Held {
        let shared = Arc::clone(&self.shared).try_acquire_many_owned(0);
        Held { budget: self.clone(), shared: shared.expect("nothing is there"), ahead: None }
    }
}

/// What one message holds. Dropped, it gives that back.
pub(super) struct Held {
    budget: Budget,
    shared: OwnedSemaphorePermit,
    ahead: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Waits until `bytes` are held. Whoever holds something by then may be waited for in turn, and waits until `late` at most;
    /// of whoever holds nothing the time stands still, and `late` moves. Dropped before it is done, it loses nothing.
    pub(super) async fn grow(&mut self, bytes: usize, late: &mut Instant) -> Result<(), Fault> {
        let lacks = pieces(bytes).saturating_sub(self.shared.num_permits());
        if lacks == 0 || self.ahead.is_some() {
            return Ok(());
        }
        if self.shared.num_permits() > 0 {
            return timeout_at(*late, self.take(lacks)).await.map_err(|_| Fault::TooSlow);
        }
        let since = Instant::now();
        self.take(lacks).await;
        *late += since.elapsed();
        Ok(())
    }

    async fn take(&mut self, lacks: usize) {
        let lacks = u32::try_from(lacks).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.budget.shared).acquire_many_owned(lacks);
        let ahead = Arc::clone(&self.budget.ahead).acquire_owned();
        tokio::select! {
            biased;
            more = more => self.shared.merge(more.expect("nobody closes it")),
            ahead = ahead => self.ahead = Some(ahead.expect("nobody closes it")),
        }
    }

    /// Gives back what is beyond `bytes`; whether there was something.
    pub(super) fn shrink(&mut self, bytes: usize) -> bool {
        let needs = pieces(bytes);
        let beyond = self.shared.num_permits().saturating_sub(needs);
        drop(self.shared.split(beyond));
        let was_ahead = self.ahead.take_if(|_| needs <= self.shared.num_permits()).is_some();
        beyond > 0 || was_ahead
    }
}

fn pieces(bytes: usize) -> usize {
    bytes.saturating_sub(FREE).div_ceil(PIECE)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// Sixteen pieces, and so many for whoever is ahead.
    fn budget() -> Budget {
        let mut limits = ServeLimits::default();
        (limits.longest, limits.requests) = (16 * PIECE, 1);
        Budget::new(&limits)
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    /// Takes pieces, without waiting for somebody.
    async fn has(held: &mut Held, pieces: usize) {
        let late = &mut later();
        let grown = held.grow(FREE + pieces * PIECE, late);
        timeout(Duration::from_secs(60), grown).await.expect("it waits").expect("in time");
    }

    /// Asks for pieces that are not there.
    async fn waits(held: &mut Held, pieces: usize) {
        let late = &mut later();
        let grown = timeout(Duration::from_millis(20), held.grow(FREE + pieces * PIECE, late));
        assert!(grown.await.is_err(), "it does not wait");
    }

    #[tokio::test]
    async fn of_those_that_wait_for_each_other_one_goes_on() {
        let budget = budget();
        let [mut first, mut second, mut third] = [(); 3].map(|()| budget.nothing());
        has(&mut first, 8).await;
        has(&mut second, 8).await;
        has(&mut first, 16).await;
        waits(&mut second, 9).await;
        waits(&mut third, 1).await;
        // What is short does not.
        has(&mut third, 0).await;
        drop(first);
        has(&mut third, 8).await;
        has(&mut second, 16).await;
    }

    #[tokio::test]
    async fn who_holds_something_has_its_time_and_who_holds_nothing_has_more() {
        let budget = budget();
        let [mut first, mut second, mut third] = [(); 3].map(|()| budget.nothing());
        has(&mut first, 17).await;
        has(&mut second, 16).await;
        let now = Instant::now();
        let mut late = now;
        assert_eq!(second.grow(usize::MAX, &mut late).await, Err(Fault::TooSlow));
        let grown = FREE + PIECE;
        let ended = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (grown, ()) = tokio::join!(third.grow(grown, &mut late), ended);
        assert_eq!(grown, Ok(()));
        assert!(late > now);
    }

    #[tokio::test]
    async fn what_is_given_back_is_there_for_others() {
        let budget = budget();
        let [mut first, mut second] = [(); 2].map(|()| budget.nothing());
        has(&mut first, 16).await;
        has(&mut first, 32).await;
        has(&mut second, 0).await;
        waits(&mut second, 1).await;
        assert!(first.shrink(FREE + 4 * PIECE));
        assert!(!first.shrink(FREE + 4 * PIECE));
        has(&mut second, 12).await;
        has(&mut first, 5).await;
    }
}
