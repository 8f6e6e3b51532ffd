//! Memory in which texts are put together, reused from value to value.

use std::cell::Cell;

use zeroize::Zeroize as _;

/// Most that a thread keeps.
const KEPT: usize = 1 << 16;

thread_local!(static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });

/// Does something with the parts as one text. If that gives something, the text may hold a secret, and is wiped.
pub(super) fn with<T>(parts: [&[u8]; 3], run: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    // A thread that ends may have none any more.
    let mut text = SCRATCH.try_with(Cell::take).unwrap_or_default();
    parts.iter().for_each(|part| text.extend_from_slice(part));
    let done = run(&text);
    if done.is_some() {
        text.as_mut_slice().zeroize();
    }
    text.clear();
    if text.capacity() <= KEPT {
        let _ = SCRATCH.try_with(|scratch| scratch.set(text));
    }
    done
}
