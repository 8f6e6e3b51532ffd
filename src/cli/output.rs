//! Standard output as a sink: whole, in order, once.

use std::io::{self, Write};
use std::os::fd::AsFd;

use keepmum::{Finding, Sink};
use rustix::event::{PollFd, PollFlags, poll};

/// Clean runs of this length are written as they lie.
const DIRECT: usize = 8 << 10;

/// Collects redacted bytes and writes them. The first error sticks: nothing is written after it, since bytes that
/// follow a gap would look like the whole.
pub(crate) struct Output<W: Write + AsFd> {
    inner: W,
    buffer: Vec<u8>,
    state: State,
    written: u64,
    // Offset in the input before which nothing is left to be found.
    settled: u64,
    found: Vec<Finding>,
}

enum State {
    Open,
    /// Failed, and the owner does not know yet.
    Failed(io::Error),
    /// Failed, and told.
    Closed,
}

impl<W: Write + AsFd> Output<W> {
    pub(crate) fn new(inner: W) -> Self {
        let buffer = Vec::with_capacity(2 * DIRECT);
        Self { inner, buffer, state: State::Open, written: 0, settled: 0, found: Vec::new() }
    }

    /// Writes what was collected; gives the error if there was one, once.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.drain();
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Failed(error) => Err(error),
            state => {
                self.state = state;
                Ok(())
            }
        }
    }

    /// How many bytes were written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// The next input begins.
    pub(crate) fn restart(&mut self) {
        self.settled = 0;
    }

    /// Offset in the input that no later finding lies before.
    pub(crate) fn settled(&self) -> u64 {
        self.settled
    }

    /// Findings since the last call.
    pub(crate) fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.found)
    }

    fn drain(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
    }

    fn write(&mut self, mut bytes: &[u8]) {
        while matches!(self.state, State::Open) && !bytes.is_empty() {
            match self.inner.write(bytes) {
                Ok(0) => self.state = State::Failed(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count as u64;
                    bytes = &bytes[count..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(),
                Err(error) => self.state = State::Failed(error),
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
        self.settled += bytes.len() as u64;
        if bytes.len() < DIRECT {
            return self.replaced(bytes);
        }
        self.drain();
        self.write(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > self.buffer.capacity() {
            self.drain();
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn found(&mut self, finding: &Finding) {
        self.settled = finding.span().end();
        self.found.push(finding.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::BorrowedFd;

    use super::*;

    /// Takes three bytes at most, fails once at the fifth write, and would take more again after that.
    struct Flaky {
        fd: File,
        taken: Vec<u8>,
        writes: usize,
    }

    impl AsFd for Flaky {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.fd.as_fd()
        }
    }

    impl Write for Flaky {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes += 1;
            match self.writes {
                1 => Err(io::ErrorKind::Interrupted.into()),
                2 => Err(io::ErrorKind::WouldBlock.into()),
                5 => Err(io::ErrorKind::StorageFull.into()),
                _ => {
                    let count = bytes.len().min(3);
                    self.taken.extend_from_slice(&bytes[..count]);
                    Ok(count)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_follows_a_failed_write() {
        let fd = File::options().write(true).open("/dev/null").expect("there");
        let mut output = Output::new(Flaky { fd, taken: Vec::new(), writes: 0 });
        output.clean(b"abcdefghijkl");
        assert_eq!(output.flush().expect_err("full").kind(), io::ErrorKind::StorageFull);
        output.clean(&[b'x'; DIRECT]);
        output.replaced(b"more");
        assert!(output.flush().is_ok());
        assert_eq!((output.inner.taken.as_slice(), output.written()), (&b"abcdef"[..], 6));
    }
}
