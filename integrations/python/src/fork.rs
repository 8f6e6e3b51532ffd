//! Processes that are forked off: threads do not go along, so that nobody reads secrets again there.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;

static FORKS: AtomicU32 = AtomicU32::new(0);

/// Says that this process was forked off. The package has Python call it.
#[pyfunction]
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// How many forks lie between this process and the first one. Cheaper to ask than the process's number.
pub(crate) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}
