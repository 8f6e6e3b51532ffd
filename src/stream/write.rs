//! A writer that redacts what is written.

use std::io::{self, Write};

use super::adapter::Buffered;
use crate::Redactor;

/// Redacts what is written through it.
///
/// [`flush`](Write::flush) passes on what is decided and flushes the inner writer; it never lets go of what is not:
/// two halves of a secret with a flush between them stay hidden. [`finish`](Self::finish) ends the stream. Dropping
/// the writer without it finishes too, ignoring errors.
///
/// After an error of the inner writer the bytes that it did not take are kept and written first by the next call, so
/// nothing is lost, doubled or raw.
///
/// ```
/// use std::io::Write;
/// use keepmum::{Redactor, Writer};
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let mut writer = Writer::new(&redactor, Vec::new());
/// writer.write_all(b"pw: correct")?;
/// writer.flush()?;
/// writer.write_all(b" horse")?;
/// assert_eq!(writer.finish()?, b"pw: [REDACTED:db]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    // None once `finish` took it.
    inner: Option<W>,
    buffered: Buffered,
}

impl<W: Write> Writer<W> {
    /// A writer whose redacted bytes go to `inner`.
    pub fn new(redactor: &Redactor, inner: W) -> Self {
        Self { inner: Some(inner), buffered: Buffered::new(redactor) }
    }

    /// Ends the stream, writes what was held and returns the inner writer.
    ///
    /// # Errors
    ///
    /// Those of the inner writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.end()?;
        Ok(self.inner.take().expect("only `finish` takes it"))
    }

    fn end(&mut self) -> io::Result<()> {
        if !self.buffered.is_finished() {
            self.buffered.finish();
        }
        self.drain()?;
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }

    fn drain(&mut self) -> io::Result<()> {
        let Some(inner) = &mut self.inner else { return Ok(()) };
        while !self.buffered.is_empty() {
            match inner.write(self.buffered.ready()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.buffered.consume(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What an earlier call could not write goes first: then an error means that nothing of `bytes` was taken.
        self.drain()?;
        self.buffered.push(bytes);
        match self.drain() {
            // The bytes were taken; the error comes back with the next call.
            Ok(()) | Err(_) => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()?;
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        if self.inner.is_some() && !std::thread::panicking() {
            let _ = self.end();
        }
    }
}
