//! Formatted output, as the second line of defence.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};

use tracing_core::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::stream::{Core, Observe};
use crate::{Finding, Guard, Redactor, Sink, Surface};

thread_local! {
    static SPARE: RefCell<Option<Box<Core>>> = const { RefCell::new(None) };
}

/// Redacts what a formatter writes: span names and targets too, which [`Redacting`](super::Redacting) cannot change, and
/// secrets that several fields only make together. It covers its own writer and no other layer.
///
/// A formatter takes a writer for each event. What it writes to one is one input, in however many pieces, and is looked
/// through to its end when the writer is dropped; nothing is held from event to event. What is decided leaves with the
/// call that brought it, which for a line of `fmt` is all of it, in one write.
///
/// ```
/// use keepmum::{Redactor, subscriber::RedactMakeWriter};
///
/// let redactor = Redactor::builder().builtin_rules().build()?;
/// let layer = tracing_subscriber::fmt::layer::<tracing_subscriber::Registry>()
///     .with_writer(RedactMakeWriter::new(std::io::stderr, redactor));
/// # drop(layer);
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RedactMakeWriter<M> {
    inner: M,
    guard: Guard,
}

impl<M> RedactMakeWriter<M> {
    /// Redacts what goes to the writers of `inner`.
    pub fn new(inner: M, guard: impl Into<Guard>) -> Self {
        Self { inner, guard: guard.into() }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for RedactMakeWriter<M> {
    type Writer = RedactWriter<'a, M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactWriter::new(self.inner.make_writer(), &self.guard)
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        RedactWriter::new(self.inner.make_writer_for(metadata), &self.guard)
    }
}

/// A writer for one event; see [`RedactMakeWriter`].
pub struct RedactWriter<'a, W: Write> {
    inner: W,
    guard: &'a Guard,
    /// The set in force at the first write, and what is undecided. None before it, and after a panic.
    input: Option<(Redactor, Box<Core>)>,
    out: Vec<u8>,
    held: usize,
}

impl<'a, W: Write> RedactWriter<'a, W> {
    fn new(inner: W, guard: &'a Guard) -> Self {
        Self { inner, guard, input: None, out: Vec::new(), held: 0 }
    }

    /// Tells how much is held back, if it is something or was.
    fn holds(&mut self, held: usize) {
        if held != self.held {
            self.guard.hold(Surface::WRITER, held as u64);
            self.held = held;
        }
    }

    /// Passes on what is decided.
    fn write_out(&mut self) -> io::Result<()> {
        let done = if self.out.is_empty() { Ok(()) } else { self.inner.write_all(&self.out) };
        self.out.clear();
        done
    }
}

impl<W: Write> Write for RedactWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (redactor, mut core) =
            self.input.take().unwrap_or_else(|| (self.guard.with(Redactor::clone), spare()));
        self.guard.timed(Surface::WRITER, bytes.len(), |_| {
            core.push(redactor.compiled(), bytes, &mut sink(&mut self.out, self.guard));
        });
        self.holds(core.held());
        self.input = Some((redactor, core));
        self.write_out()?;
        Ok(bytes.len())
    }

    /// Flushes the writer below. What is undecided waits for the end of the event.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactWriter<'_, W> {
    /// The end of the event. An error of the writer below has nobody to go to.
    fn drop(&mut self) {
        let Some((redactor, mut core)) = self.input.take() else { return };
        core.finish(redactor.compiled(), &mut sink(&mut self.out, self.guard));
        self.holds(0);
        let _ = self.write_out();
        let _ = SPARE.try_with(|spare| *spare.borrow_mut() = Some(core));
    }
}

/// Memory of an event before. It is as new.
fn spare() -> Box<Core> {
    SPARE.try_with(|spare| spare.borrow_mut().take()).ok().flatten().unwrap_or_default()
}

fn sink<'a>(out: &'a mut Vec<u8>, guard: &'a Guard) -> impl Sink + use<'a> {
    Observe::new(out, |finding: &Finding| guard.observe(Surface::WRITER, finding))
}

impl<W: Write + fmt::Debug> fmt::Debug for RedactWriter<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactWriter").field("inner", &self.inner).finish_non_exhaustive()
    }
}
