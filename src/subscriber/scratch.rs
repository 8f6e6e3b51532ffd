//! The memory of one thread, and what happens on it while values are gathered.

use std::cell::{Cell, RefCell};

use tracing_core::field::Visit;

use super::gather::{Gather, Gathered};
use crate::Names;

/// Memory of more bytes is given back after the event that needed it.
const KEPT: usize = 64 << 10;

thread_local! {
    static SCRATCH: RefCell<Option<Gathered>> = const { RefCell::new(None) };
    /// How many values this thread is asked for now, each inside the one before.
    static ASKED: Cell<u32> = const { Cell::new(0) };
    /// How often this thread has called the subscriber.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// What filters of single layers remember of the event at hand: they keep their answers with the thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// What they were asked last.
    Fresh,
    /// What they were asked for another event: one was logged while the other was asked for its values.
    Stale,
}

/// Counts a call of the subscriber by this thread.
pub(super) fn called() {
    // A thread that ends may log still; it has no nested events to be told apart.
    let _ = CALLS.try_with(|calls| calls.set(calls.get().wrapping_add(1)));
}

fn calls() -> u64 {
    CALLS.try_with(Cell::get).unwrap_or(0)
}

/// Says that values are being asked for, also if one of them panics.
struct Asking(u32);

impl Asking {
    fn new() -> Self {
        Self(ASKED.try_with(|asked| asked.replace(asked.get() + 1)).unwrap_or(0))
    }

    fn answers(&self, calls_before: u64) -> Answers {
        if self.0 == 0 && calls() == calls_before { Answers::Fresh } else { Answers::Stale }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = ASKED.try_with(|asked| asked.set(self.0));
    }
}

/// Gathers the values that `visit` shows, and does something with them.
pub(super) fn gathered<T>(
    names: &Names,
    visit: impl FnOnce(&mut dyn Visit),
    then: impl FnOnce(&mut Gathered, Answers) -> T,
) -> T {
    // Taken out, so that a value which logs when it is formatted finds none and makes its own.
    let own = SCRATCH.try_with(|scratch| scratch.borrow_mut().take());
    let mut gathered = own.ok().flatten().unwrap_or_default();
    let (asking, before) = (Asking::new(), calls());
    visit(&mut Gather { into: &mut gathered, names });
    let answers = asking.answers(before);
    drop(asking);
    let done = then(&mut gathered, answers);
    gathered.clear();
    if gathered.text.capacity() <= KEPT {
        let _ = SCRATCH.try_with(|scratch| *scratch.borrow_mut() = Some(gathered));
    }
    done
}
