//! One output of the program on its way out.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;
use zeroize::Zeroize;

use crate::cli::exit::Failure;
use crate::cli::filter::{CHUNK, is_passing};
use crate::cli::lines::Lines;
use crate::cli::output::Output;
use crate::cli::passing::{Known, Passing, Shape};
use crate::cli::report::SharedReport;

/// Reads one output, redacts it, and writes it.
pub(super) struct Pump {
    pub(super) name: &'static str,
    pub(super) known: Known,
    pub(super) shape: Shape,
    pub(super) source: File,
    /// Ends when the program is gone and nobody waits for others that hold its output.
    pub(super) stop: UnixStream,
    pub(super) idle: Option<Duration>,
    pub(super) report: SharedReport,
}

/// Why a pump has ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    AtItsEnd,
    /// Nobody reads the output any more.
    Closed,
}

/// Why a pump has failed.
pub(super) enum Broken {
    /// The output cannot be written. The program finds its own closed, and may live with that.
    Output(io::Error),
    /// What happens cannot be accounted for: the program has to stop.
    Account(Failure),
}

/// Why a wait ended.
enum Woken {
    Ready,
    Silence,
    Stop,
    /// By a signal, for somebody else.
    Interrupted,
}

impl Pump {
    /// Runs until the end. The source is closed then: a program that goes on writing is not left waiting.
    pub(super) fn run(mut self, output: &mut Output<File>) -> Result<Ended, Broken> {
        let mut stream = self.known.stream(self.shape, output);
        let mut lines = Lines::default();
        let ended = self.read(&mut stream, &mut lines);
        // After a failed write nothing more is written, also not what was held.
        let output = stream.finish();
        let ended = ended?;
        self.tell(output, &mut lines)?;
        match written(output)? {
            Ended::AtItsEnd => Ok(ended),
            closed => Ok(closed),
        }
    }

    fn read(
        &mut self,
        stream: &mut Passing<&mut Output<File>>,
        lines: &mut Lines,
    ) -> Result<Ended, Broken> {
        let mut chunk = vec![0; CHUNK];
        let mut silence = None;
        loop {
            match self.wait(silence) {
                Woken::Interrupted => continue,
                Woken::Silence => {
                    silence = None;
                    stream.release();
                    chunk[..].zeroize();
                }
                Woken::Stop => {
                    self.drain(&mut chunk, stream, lines);
                    return Ok(Ended::AtItsEnd);
                }
                Woken::Ready => match self.source.read(&mut chunk) {
                    Ok(0) => return Ok(Ended::AtItsEnd),
                    Ok(count) => {
                        silence = self.idle;
                        self.pass(&chunk[..count], stream, lines);
                    }
                    Err(error) if is_passing(&error) => continue,
                    // A pseudo terminal whose other side is closed says so.
                    Err(_) => return Ok(Ended::AtItsEnd),
                },
            }
            self.tell(stream.sink(), lines)?;
            if let Ended::Closed = written(stream.sink())? {
                return Ok(Ended::Closed);
            }
        }
    }

    fn wait(&self, silence: Option<Duration>) -> Woken {
        let timeout = silence.map(|silence| Timespec {
            tv_sec: silence.as_secs() as i64,
            tv_nsec: silence.subsec_nanos().into(),
        });
        let mut fds = [
            PollFd::from_borrowed_fd(self.source.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.stop.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => Woken::Silence,
            Ok(_) if !fds[1].revents().is_empty() => Woken::Stop,
            Ok(_) => Woken::Ready,
            Err(_) => Woken::Interrupted,
        }
    }

    /// Takes what lies in the pipe now, and nothing that comes later: whoever still writes could do so for ever.
    fn drain(
        &mut self,
        chunk: &mut [u8],
        stream: &mut Passing<&mut Output<File>>,
        lines: &mut Lines,
    ) {
        let mut left = ioctl_fionread(&self.source).unwrap_or(0) as usize;
        while left > 0 {
            let most = left.min(chunk.len());
            match self.source.read(&mut chunk[..most]) {
                Ok(0) => return,
                Ok(count) => {
                    left -= count;
                    self.pass(&chunk[..count], stream, lines);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn pass(&self, chunk: &[u8], stream: &mut Passing<&mut Output<File>>, lines: &mut Lines) {
        if self.report.lock().wants_lines() {
            let (settled, decided) = (stream.sink().settled(), stream.decided());
            lines.forget(settled, decided);
            lines.read(chunk);
        }
        self.report.lock().read(chunk.len());
        stream.push(chunk);
    }

    fn tell(&self, output: &mut Output<File>, lines: &mut Lines) -> Result<(), Broken> {
        let found = lines.numbered(output.findings());
        self.report.lock().tell(self.name, &found).map_err(Broken::Account)
    }
}

fn written(output: &mut Output<File>) -> Result<Ended, Broken> {
    match output.flush() {
        Ok(()) => Ok(Ended::AtItsEnd),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ended::Closed),
        Err(error) => Err(Broken::Output(error)),
    }
}
