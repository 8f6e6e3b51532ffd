//! The library as C sees it: programs in `tests/c` are compiled, linked and run, plain, with sanitizers and in valgrind.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod cases;
mod header;
mod linked;
mod programs;
