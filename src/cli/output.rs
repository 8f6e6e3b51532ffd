//! Standard output as a sink: whole, in order, once.

use std::io::{self, Write};
use std::os::fd::AsFd;

use keepmum::{Finding, Sink};
use rustix::event::{PollFd, PollFlags, poll};

/// Clean runs of this length are written as they lie.
const DIRECT: usize = 8 << 10;

/// Collects redacted bytes and writes them. The first error sticks: nothing is written after it.
pub(crate) struct Output<W: Write + AsFd> {
    inner: W,
    buffer: Vec<u8>,
    pub(crate) written: u64,
    error: Option<io::Error>,
    found: Vec<Finding>,
}

impl<W: Write + AsFd> Output<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            buffer: Vec::with_capacity(2 * DIRECT),
            written: 0,
            error: None,
            found: Vec::new(),
        }
    }

    /// Writes what was collected; gives the error if there was one.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Findings since the last call.
    pub(crate) fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.found)
    }

    fn write(&mut self, mut bytes: &[u8]) {
        while self.error.is_none() && !bytes.is_empty() {
            match self.inner.write(bytes) {
                Ok(0) => self.error = Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count as u64;
                    bytes = &bytes[count..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(),
                Err(error) => self.error = Some(error),
            }
        }
    }

    /// A reader that shares its end of the pipe may have made it non-blocking.
    fn wait(&mut self) {
        let mut fds = [PollFd::new(&self.inner, PollFlags::OUT)];
        let _ = poll(&mut fds, None);
    }
}

impl<W: Write + AsFd> Sink for Output<W> {
    fn clean(&mut self, bytes: &[u8]) {
        if bytes.len() < DIRECT {
            return self.replaced(bytes);
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        self.write(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > self.buffer.capacity() {
            let buffer = std::mem::take(&mut self.buffer);
            self.write(&buffer);
            self.buffer = buffer;
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn found(&mut self, finding: &Finding) {
        self.found.push(finding.clone());
    }
}
