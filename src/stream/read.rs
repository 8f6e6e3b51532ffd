//! A reader that redacts what it reads.

use std::io::{self, Read};

use super::adapter::Buffered;
use crate::Redactor;

/// Redacts what is read through it.
///
/// A read returns as soon as something is decided; it blocks only while the inner reader does. Errors of the inner
/// reader pass through, and reading can go on after one.
///
/// ```
/// use std::io::Read;
/// use keepmum::{Reader, Redactor};
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let mut out = String::new();
/// Reader::new(&redactor, &b"pw: correct horse"[..]).read_to_string(&mut out)?;
/// assert_eq!(out, "pw: [REDACTED:db]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    buffered: Buffered,
    chunk: Vec<u8>,
}

/// Size of the reads from the inner reader.
const CHUNK: usize = 64 << 10;

impl<R: Read> Reader<R> {
    /// A reader of `inner`'s bytes, redacted.
    pub fn new(redactor: &Redactor, inner: R) -> Self {
        Self { inner, buffered: Buffered::new(redactor), chunk: vec![0; CHUNK] }
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.buffered.is_empty() && !self.buffered.is_finished() && !out.is_empty() {
            match self.inner.read(&mut self.chunk)? {
                0 => self.buffered.finish(),
                count => self.buffered.push(&self.chunk[..count]),
            }
        }
        Ok(self.buffered.take(out))
    }
}
