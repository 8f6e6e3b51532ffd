//! The memory of one thread, and what happens on it while values are gathered.

use std::cell::{Cell, RefCell};

use tracing_core::field::Visit;

use super::gather::{Gather, Gathered};
use crate::Names;

/// Memory of more bytes is given back after the event that needed it.
const KEPT: usize = 64 << 10;

thread_local! {
    static SCRATCH: RefCell<Option<Gathered>> = const { RefCell::new(None) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Whether the thread logged while it was asked for the values of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nested {
    Yes,
    No,
}

/// Counts a call of the subscriber by this thread.
pub(super) fn called() {
    // A thread that ends may log still; it has no nested events to be told apart.
    let _ = CALLS.try_with(|calls| calls.set(calls.get().wrapping_add(1)));
}

fn calls() -> u64 {
    CALLS.try_with(Cell::get).unwrap_or(0)
}

/// Gathers the values that `visit` shows, and does something with them.
pub(super) fn gathered<T>(
    names: &Names,
    visit: impl FnOnce(&mut dyn Visit),
    then: impl FnOnce(&mut Gathered, Nested) -> T,
) -> T {
    // Taken out, so that a value which logs when it is formatted finds none and makes its own.
    let own = SCRATCH.try_with(|scratch| scratch.borrow_mut().take());
    let mut gathered = own.ok().flatten().unwrap_or_default();
    let before = calls();
    visit(&mut Gather { into: &mut gathered, names });
    let nested = if calls() == before { Nested::No } else { Nested::Yes };
    let done = then(&mut gathered, nested);
    gathered.clear();
    if gathered.text.capacity() <= KEPT {
        let _ = SCRATCH.try_with(|scratch| *scratch.borrow_mut() = Some(gathered));
    }
    done
}
