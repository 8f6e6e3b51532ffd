//! The thread that keeps a store fresh: it has the clock and the watch, has sources asked, and tells the keeper.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle, ScopedJoinHandle, scope};
use std::time::Instant;

use super::asked::Asked;
use super::error::StoreError;
use super::shared::Shared;
use super::watch::{Armed, Change, Watch};
use crate::source::{Fetched, SourceError};

/// What the thread is told.
pub(super) enum Message {
    /// A source answered.
    Fetched(usize, Result<Fetched, SourceError>),
    Changed(Change),
    RefreshNow,
    Stop,
}

/// The thread's other end. It ends when this is dropped.
pub(super) struct Driver {
    sender: Sender<Message>,
    thread: Option<JoinHandle<()>>,
    /// Where the thread is: it does not go along with a process that is forked off.
    process: u32,
}

impl Driver {
    pub(super) fn refresh_now(&self) {
        let _ = self.sender.send(Message::RefreshNow);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(self.thread.take());
            return;
        }
        let _ = self.sender.send(Message::Stop);
        // The last clone of a store can be the observer's own, in that very thread.
        let own = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(|thread| !own(thread)) {
            let _ = thread.join();
        }
    }
}

/// What the thread has.
pub(super) struct Runner {
    sources: Vec<Asked>,
    watch: Watch,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

impl Runner {
    /// Watches before anything is read, so that no change falls between.
    pub(super) fn new(sources: Vec<Asked>) -> Self {
        let (sender, receiver) = channel();
        let mut watch = Watch::new(sources.len(), sender.clone());
        for (at, source) in sources.iter().enumerate() {
            // What cannot be watched is told once the store is open.
            let _ = watch.arm(at, &source.watched());
        }
        Self { sources, watch, sender, receiver }
    }

    /// Asks every source, all at once.
    pub(super) fn fetch_all(&self) -> Vec<Result<Fetched, SourceError>> {
        scope(|scope| {
            let ask = |source| Builder::new().spawn_scoped(scope, move || Asked::fetch(source));
            let asked: Vec<_> = self.sources.iter().map(|source| (source, ask(source))).collect();
            asked.into_iter().map(|(source, thread)| answer(source, thread)).collect()
        })
    }

    /// Starts the thread; without sources there is nothing to do for one.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub(super) fn start(mut self, shared: Arc<Shared>) -> Result<Driver, StoreError> {
        let (sender, process) = (self.sender.clone(), std::process::id());
        if self.sources.is_empty() {
            return Ok(Driver { sender, thread: None, process });
        }
        let thread = Builder::new()
            .name("keepmum-store".to_owned())
            .spawn(move || self.run(&shared))
            .map_err(|error| StoreError::thread(&error))?;
        Ok(Driver { sender, thread: Some(thread), process })
    }

    fn run(&mut self, shared: &Shared) {
        (0..self.sources.len()).for_each(|at| self.arm(shared, at));
        loop {
            let now = Instant::now();
            shared.keeper(|keeper| keeper.due(now)).into_iter().for_each(|at| self.ask(at));
            let over = shared.keeper(|keeper| keeper.over(now));
            if !over.is_empty() {
                over.iter().for_each(|event| shared.tell(event));
                shared.step(now, |keeper| keeper.expire(now));
            }
            match self.wait(shared) {
                None => {}
                Some(Message::Fetched(at, fetched)) => {
                    let now = Instant::now();
                    shared.step(now, |keeper| keeper.fetched(at, fetched, now));
                    self.arm(shared, at);
                }
                Some(Message::Changed(change)) => {
                    for at in self.watch.concerned(&change) {
                        shared.keeper(|keeper| keeper.changed(at, Instant::now()));
                    }
                }
                Some(Message::RefreshNow) => {
                    shared.keeper(|keeper| keeper.refresh_now(Instant::now()));
                }
                Some(Message::Stop) => return,
            }
        }
    }

    /// The next message, or none when something is due.
    fn wait(&self, shared: &Shared) -> Option<Message> {
        let Some(next) = shared.keeper(|keeper| keeper.next()) else {
            return Some(self.receiver.recv().unwrap_or(Message::Stop));
        };
        match self.receiver.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Message::Stop),
        }
    }

    /// Asks a source in a thread of its own, so that one that does not answer keeps no other waiting.
    fn ask(&self, at: usize) {
        let (source, sender) = (self.sources[at].clone(), self.sender.clone());
        let asked = Builder::new().spawn(move || {
            let fetched = source.fetch();
            // The source is let go first: the thread that hears of it looks at it again.
            drop(source);
            let _ = sender.send(Message::Fetched(at, fetched));
        });
        if let Err(error) = asked {
            let failed = SourceError::unavailable(&self.sources[at].name(), error);
            let _ = self.sender.send(Message::Fetched(at, Err(failed)));
        }
    }

    /// Watches what the source depends on now. If that is elsewhere than before it was read, it is read again: it may have
    /// changed since.
    fn arm(&mut self, shared: &Shared, at: usize) {
        let now = Instant::now();
        match self.watch.arm(at, &self.sources[at].watched()) {
            Ok(Armed::AsBefore) => {}
            Ok(Armed::Anew) => shared.keeper(|keeper| keeper.changed(at, now)),
            Err(error) => shared.step(now, |keeper| keeper.unwatched(at, error.to_string(), now)),
        }
    }
}

fn answer(
    source: &Asked,
    thread: io::Result<ScopedJoinHandle<'_, Result<Fetched, SourceError>>>,
) -> Result<Fetched, SourceError> {
    match thread {
        Ok(thread) => thread.join().expect("a panic of the source is caught"),
        // No thread to be had: one after the other, then.
        Err(_) => source.fetch(),
    }
}
