//! Waits for the program and its outputs, and passes signals on.

use std::fs::File;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};

use super::program::Program;
use super::pump::{Broken, Ended};
use super::signals::{Came, Signals};
use super::terminal;
use crate::cli::exit::{Exit, Failure};
use crate::cli::passing::Known;

/// Everything about a program that runs.
///
/// ```text
/// running ──▸ ended, outputs open ──▸ stopped ──▸ done
///               │ at most `linger`      │ what lies in the pipes
///               └───────────────────────┴──▸ done, when the outputs end
/// ```
pub(super) struct Supervisor {
    pub(super) program: Program,
    pub(super) known: Known,
    pub(super) signals: Signals,
    /// The program's terminal, if it has one of its own.
    pub(super) pty: Option<File>,
    pub(super) done: Receiver<Done>,
    /// How many outputs have not ended.
    pub(super) open: usize,
    /// Dropped, it stops all pumps.
    pub(super) stop: Option<UnixStream>,
    pub(super) linger: Duration,
    pub(super) outcome: Outcome,
}

/// An output that has ended.
pub(super) struct Done {
    pub(super) name: &'static str,
    pub(super) written: u64,
    pub(super) ended: Result<Ended, Broken>,
}

/// What the outputs came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) written: u64,
    /// The first, if there was one.
    pub(super) failure: Option<Failure>,
}

impl Supervisor {
    /// Runs until the program and its outputs have ended. The program's own exit, unless keepmum itself failed.
    pub(super) fn run(mut self) -> (Result<Exit, Failure>, u64) {
        let exit = self.until_the_end();
        let written = self.outcome.written;
        match self.outcome.failure {
            Some(failure) => (Err(failure), written),
            None => (exit.map_err(|error| Failure::io("the program", error)), written),
        }
    }

    fn until_the_end(&mut self) -> io::Result<Exit> {
        let exit = loop {
            self.wait(None);
            for came in self.signals.came() {
                self.pass_on(came);
            }
            self.outputs();
            if let Some(exit) = self.program.ended()? {
                break exit;
            }
        };
        Ok(self.settle().unwrap_or(exit))
    }

    fn pass_on(&self, came: Came) {
        // A program that is told to read its secrets again prints the new ones.
        if let Came::Key(SIGHUP) | Came::Sent(SIGHUP) = came {
            self.known.refresh_now();
        }
        match (came, &self.pty) {
            (Came::Child, _) => {}
            (Came::Resized, Some(pty)) => terminal::resize(pty),
            (Came::Resized, None) => self.program.signal(SIGWINCH),
            // The terminal gave it to the program as well, which would take a second one for impatience.
            (Came::Key(_), None) => {}
            (Came::Key(signal) | Came::Sent(signal), _) => self.program.signal(signal),
        }
    }

    /// Takes note of outputs that have ended, and tells the program what it cannot see by itself.
    fn outputs(&mut self) {
        while let Ok(done) = self.done.try_recv() {
            self.open -= 1;
            self.outcome.written += done.written;
            let signal = match done.ended {
                Ok(Ended::AtItsEnd) => None,
                Ok(Ended::Closed) => self.hangup(),
                Err(Broken::Output(error)) => {
                    self.fail(Failure::io(done.name, error));
                    self.hangup()
                }
                Err(Broken::Account(failure)) => {
                    self.fail(failure);
                    Some(SIGTERM)
                }
            };
            if let Some(signal) = signal {
                self.program.signal(signal);
            }
        }
    }

    /// What tells the program that its terminal is gone. A pipe that is closed tells it by itself.
    fn hangup(&self) -> Option<i32> {
        self.pty.as_ref().map(|_| SIGHUP)
    }

    fn fail(&mut self, failure: Failure) {
        self.outcome.failure.get_or_insert(failure);
    }

    /// Waits for the outputs of a program that has ended. A signal is for keepmum now.
    fn settle(&mut self) -> Option<Exit> {
        let deadline = Instant::now() + self.linger;
        while self.open > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.stop = None;
            }
            self.wait(self.stop.is_some().then_some(left));
            for came in self.signals.came() {
                if let Came::Key(signal) | Came::Sent(signal) = came
                    && [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(&signal)
                {
                    return Some(Exit::Signal(signal));
                }
            }
            self.outputs();
        }
        None
    }

    /// Waits until a signal comes or an output ends.
    fn wait(&self, timeout: Option<Duration>) {
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: timeout.subsec_nanos().into(),
        });
        let mut fds = [PollFd::from_borrowed_fd(self.signals.fd(), PollFlags::IN)];
        // Interrupted is awake.
        let _ = poll(&mut fds, timeout.as_ref());
    }
}
