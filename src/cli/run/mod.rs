//! `keepmum run`: a program with its secrets, and both of its outputs redacted.

mod environment;
mod program;
mod pump;
mod signals;
mod supervisor;
mod terminal;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use keepmum::Secret;
use keepmum::memory::Protection;

use super::args::{Args, RunArgs};
use super::audit::Audit;
use super::exit::{Exit, Failure};
use super::filter::{own, roomy};
use super::output::Output;
use super::report::{Report, SharedReport};
use super::settings::Settings;
use environment::Environment;
use program::{Outputs, Program};
use pump::{Broken, Pump};
use signals::{Bell, Signals};
use supervisor::{Done, Outcome, Supervisor};
use terminal::Raw;

/// Runs the program that `run` names, and ends as it does.
pub(super) fn run(args: &Args, run: &RunArgs, protection: &Protection) -> Result<Exit, Failure> {
    let mut environment = None;
    let more = |files: &[PathBuf], audit: Option<&Audit>| -> Result<Vec<Secret>, Failure> {
        let (resolved, secrets) = Environment::resolved(files, &run.as_is, audit)?;
        environment = Some(resolved);
        Ok(secrets)
    };
    let settings = super::said(args, Settings::audited(args, more)?);
    let environment = environment.expect("settings asked for more");
    let report = Report::new("run", settings.report.as_deref(), settings.audit.clone())?;
    let report = SharedReport::new(report);
    let signals = Signals::listen().map_err(|error| Failure::io("signals", error))?;
    let (program, outputs) = if run.pty {
        Program::on_terminal(&run.command, environment, protection)?
    } else {
        Program::piped(&run.command, environment, protection)?
    };
    let raw = match &outputs {
        Outputs::Terminal(_) => Raw::enter().map_err(|error| Failure::io("terminal", error))?,
        Outputs::Pipes { .. } => None,
    };
    let linger = Duration::from_millis(run.linger.into());
    let streams = Streams { settings: &settings, report: report.clone(), linger };
    let (exit, written) = streams.supervisor(program, signals, outputs)?.run();
    drop(raw);
    if settings.stats {
        report.lock().summary(written, &mut io::stderr().lock());
        super::told(protection, &mut io::stderr().lock());
    }
    exit
}

/// What the streams of a program have in common.
struct Streams<'a> {
    settings: &'a Settings,
    report: SharedReport,
    linger: Duration,
}

impl Streams<'_> {
    /// Starts a pump for each output.
    fn supervisor(
        &self,
        program: Program,
        signals: Signals,
        outputs: Outputs,
    ) -> Result<Supervisor, Failure> {
        let failed = |error| Failure::io("outputs", error);
        let (stop, stopped) = UnixStream::pair().map_err(failed)?;
        let (sender, done) = channel();
        let start = |name, source, to| {
            let stop = stopped.try_clone().map_err(failed)?;
            let bell = signals.bell().map_err(failed)?;
            self.start(Pipe { name, source, to, stop }, sender.clone(), bell).map_err(failed)
        };
        let (open, pty) = match outputs {
            Outputs::Pipes { stdout, stderr } => {
                start("stdout", stdout, own("standard output", io::stdout().as_fd())?)?;
                start("stderr", stderr, own("standard error", io::stderr().as_fd())?)?;
                (2, None)
            }
            Outputs::Terminal(pty) => {
                let source = pty.try_clone().map_err(failed)?;
                start("terminal", source, own("standard output", io::stdout().as_fd())?)?;
                let keys = pty.try_clone().map_err(failed)?;
                let typed = own("standard input", io::stdin().as_fd())?;
                thread::Builder::new()
                    .spawn(move || terminal::type_into(keys, typed))
                    .map_err(failed)?;
                (1, Some(pty))
            }
        };
        let (linger, outcome) = (self.linger, Outcome::default());
        let known = self.settings.known.clone();
        Ok(Supervisor {
            program,
            known,
            signals,
            pty,
            done,
            open,
            stop: Some(stop),
            linger,
            outcome,
        })
    }

    fn start(&self, pipe: Pipe, sender: Sender<Done>, mut bell: Bell) -> io::Result<()> {
        let name = pipe.name;
        let mut output = Output::new(roomy(pipe.to));
        let pump = Pump {
            name,
            known: self.settings.known.clone(),
            shape: self.settings.shape,
            source: roomy(pipe.source),
            stop: pipe.stop,
            idle: self.settings.idle,
            report: self.report.clone(),
        };
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| pump.run(&mut output)));
            let ended = ended.unwrap_or_else(|_| {
                let why = format_args!("{name}: the engine failed; what it held is lost");
                Err(Broken::Account(Failure::new(Exit::Internal, why)))
            });
            // Nobody listens when a signal has ended the wait.
            let _ = sender.send(Done { name, written: output.written(), ended });
            bell.ring();
        })?;
        Ok(())
    }
}

/// An output and where it goes.
struct Pipe {
    name: &'static str,
    source: File,
    to: File,
    stop: UnixStream,
}
