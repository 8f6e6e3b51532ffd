//! What the tests of this crate share: a redactor with a known secret, writers to look into, and an allocator
//! that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use keepmum::Redactor;
use tracing_subscriber::fmt::MakeWriter;

/// The value of the secret called `known`.
pub const KNOWN: &str = "correct horse battery staple";

/// What stands for it.
pub const REDACTED: &str = "[REDACTED:known]";

/// The built-in rules and one known secret.
pub fn redactor() -> Redactor {
    let builder = Redactor::builder().builtin_rules().secret("known", KNOWN);
    builder.and_then(keepmum::RedactorBuilder::build).expect("the rules and a value of some length")
}

/// A token as `template` says, made anew.
///
/// # Panics
///
/// `template` is none.
pub fn token(template: &str, seed: u64) -> String {
    keepmum::rule::template::expand(template, seed).expect("a template").text
}

/// Memory that a formatter writes to.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<Vec<u8>>>>);

impl Memory {
    /// Everything that was written.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.writes().concat()).into_owned()
    }

    /// What each call wrote.
    pub fn writes(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Memory {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The system's allocator, which counts what each thread asks of it.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

thread_local!(static COUNT: Cell<usize> = const { Cell::new(0) });

// SAFETY: every call goes to the system's allocator unchanged.
#[expect(unsafe_code, reason = "the trait of allocators is unsafe")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as promised to this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// How many allocations `work` takes, in a program whose allocator is [`Counting`].
pub fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}
