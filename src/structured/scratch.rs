//! Memory in which documents are walked through, reused from one to the next.

use std::cell::Cell;
use std::thread::LocalKey;

use super::leaves::Leaves;

/// Most that a thread keeps of texts and leaves: a chunk of a log collector has some two megabytes.
const KEPT: usize = 16 << 20;

/// The memory of one walk: what every form needs, and what one needs of its own.
#[derive(Default)]
pub(super) struct Scratch<Own> {
    pub(super) leaves: Leaves,
    pub(super) own: Own,
}

/// Where a thread keeps it.
pub(super) type Kept<Own> = Cell<Option<Box<Scratch<Own>>>>;

/// Does something with the memory of this thread. A panic leaves the thread without it.
pub(super) fn with<Own: Default, T>(
    kept: &'static LocalKey<Kept<Own>>,
    run: impl FnOnce(&mut Scratch<Own>) -> T,
) -> T {
    // A thread that ends may have none any more; one that is at work on a document within a document makes another.
    let mut scratch = kept.try_with(Cell::take).ok().flatten().unwrap_or_default();
    let done = run(&mut scratch);
    if scratch.leaves.capacity() <= KEPT {
        let _ = kept.try_with(|kept| kept.set(Some(scratch)));
    }
    done
}
