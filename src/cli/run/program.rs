//! The program, started.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use keepmum::memory::Protection;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::SIGTERM;

use super::environment::Environment;
use super::terminal;
use crate::cli::exit::{Exit, Failure};

/// A program that runs, or ran.
///
/// One that still runs when it is dropped is told to end: nobody reads what it prints any more.
pub(super) struct Program {
    child: Child,
    reach: Reach,
    exit: Option<Exit>,
}

/// Whom a signal for the program goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The program. Its children get what a terminal sends, as it does.
    Itself,
    /// All of its process group: on a terminal of its own it leads one.
    Group,
}

/// Where the program's output is read.
pub(super) enum Outputs {
    Pipes { stdout: File, stderr: File },
    Terminal(File),
}

impl Program {
    /// Starts `command` with pipes for its output and everything else as it is here.
    pub(super) fn piped(
        command: &[OsString],
        environment: Environment,
        protection: &Protection,
    ) -> Result<(Self, Outputs), Failure> {
        let mut start = prepared(command, environment);
        start.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = protection.lifted(|| start.spawn());
        let mut child = started.map_err(|error| not_started(command, &error))?;
        let stdout = OwnedFd::from(child.stdout.take().expect("piped")).into();
        let stderr = OwnedFd::from(child.stderr.take().expect("piped")).into();
        Ok((Self::new(child, Reach::Itself), Outputs::Pipes { stdout, stderr }))
    }

    /// Starts `command` on a terminal of its own.
    pub(super) fn on_terminal(
        command: &[OsString],
        environment: Environment,
        protection: &Protection,
    ) -> Result<(Self, Outputs), Failure> {
        let failed = |error| match error {
            pty_process::Error::Io(error) => not_started(command, &error),
            pty_process::Error::Rustix(error) => not_started(command, &error.into()),
        };
        let (pty, its_side) = pty_process::blocking::open().map_err(failed)?;
        terminal::resize(&pty);
        terminal::copy_modes(&its_side).map_err(|error| failed(error.into()))?;
        let start = pty_process::blocking::Command::from(prepared(command, environment));
        let child = protection.lifted(|| start.spawn(its_side)).map_err(failed)?;
        let pty = File::from(OwnedFd::from(pty));
        Ok((Self::new(child, Reach::Group), Outputs::Terminal(pty)))
    }

    fn new(child: Child, reach: Reach) -> Self {
        Self { child, reach, exit: None }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<Exit>> {
        self.exit = self.child.try_wait()?.map(exit);
        Ok(self.exit)
    }

    /// Sends it a signal, unless it is known to have ended: until then the number is its own.
    pub(super) fn signal(&self, signal: i32) {
        if self.exit.is_some() {
            return;
        }
        let pid = Pid::from_child(&self.child);
        let Some(signal) = Signal::from_named_raw(signal) else { return };
        // That it has just ended is no error.
        let _ = match self.reach {
            Reach::Itself => kill_process(pid, signal),
            Reach::Group => kill_process_group(pid, signal),
        };
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal(SIGTERM);
    }
}

/// The values of `environment` are wiped when they are in the command, and that when the program is started.
fn prepared(command: &[OsString], environment: Environment) -> Command {
    let mut start = Command::new(&command[0]);
    start.args(&command[1..]);
    environment.give(&mut start);
    start
}

/// As shells do it.
fn exit(status: ExitStatus) -> Exit {
    match status.code() {
        Some(code) => Exit::Program(u8::try_from(code).unwrap_or(u8::MAX)),
        None => Exit::Signal(status.signal().unwrap_or(0)),
    }
}

fn not_started(command: &[OsString], error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::NotFound => Exit::Program(127),
        _ => Exit::Program(126),
    };
    Failure::new(exit, format_args!("{}: {error}", command[0].display()))
}
