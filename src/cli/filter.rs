//! The filter: inputs through the stream to standard output.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use keepmum::{Redactor, Sink, Stream};

use super::exit::{Exit, Failure};
use super::jobs::{self, Piece};
use super::output::Output;
use super::progress;
use super::report::{Lines, Report};
use super::settings::Settings;
use super::signals::{Signals, Woken};

/// Size of a read. Larger ones are slower: the buffer and the pipe's pages leave the second-level cache.
pub(super) const CHUNK: usize = 64 << 10;

/// Redacts every input in order.
pub(crate) fn run(settings: &Settings) -> Result<Exit, Failure> {
    let signals = Signals::listen().map_err(|error| Failure::io("signals", error))?;
    let report_failed = |error| Failure::io("report", error);
    let mut report = Report::new(settings.report.as_deref()).map_err(report_failed)?;
    let stdout = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| Failure::io("standard output", error))?;
    let mut run = Run {
        redactor: &settings.redactor,
        output: Some(Output::new(File::from(stdout))),
        report: &mut report,
        signals,
        idle: settings.idle,
        bar: progress::bar(&settings.files),
        chunk: vec![0; CHUNK],
    };
    let ended = run.inputs(&settings.files, settings.jobs);
    run.bar.finish_and_clear();
    let written = run.output.as_ref().map_or(0, |output| output.written);
    let mut stderr = io::stderr();
    let stats = settings.stats.then_some(&mut stderr as &mut dyn Write);
    report.finish(written, stats).map_err(report_failed)?;
    ended
}

struct Run<'a> {
    redactor: &'a Redactor,
    // None only while a stream has it.
    output: Option<Output<File>>,
    report: &'a mut Report,
    signals: Signals,
    idle: Option<Duration>,
    bar: ProgressBar,
    chunk: Vec<u8>,
}

/// Why an input ended.
enum Ended {
    AtItsEnd,
    Signal(i32),
    /// Nobody reads the output any more.
    Closed,
}

impl Run<'_> {
    fn inputs(&mut self, files: &[PathBuf], jobs: usize) -> Result<Exit, Failure> {
        if jobs > 1 && files.len() > 1 && files.iter().all(|path| path != Path::new("-")) {
            return self.at_once(files, jobs);
        }
        let standard = [PathBuf::from("-")];
        for path in if files.is_empty() { &standard } else { files } {
            let ended = if path == Path::new("-") {
                let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
                self.input(
                    "standard input",
                    stdin.map_err(|error| Failure::io("standard input", error))?,
                )
            } else {
                let file = File::open(path).map_err(|error| Failure::io(path.display(), error))?;
                self.input(&path.display().to_string(), file)
            };
            match ended? {
                Ended::AtItsEnd => {}
                Ended::Signal(signal) => return Ok(Exit::Signal(signal)),
                Ended::Closed => return Ok(Exit::Success),
            }
        }
        Ok(Exit::Success)
    }

    /// Several files at once.
    fn at_once(&mut self, files: &[PathBuf], jobs: usize) -> Result<Exit, Failure> {
        let mut ended = Ok(Exit::Success);
        let redactor = self.redactor;
        jobs::run(redactor, files, jobs, |at, piece| {
            ended = self.piece(&files[at].display().to_string(), piece);
            matches!(ended, Ok(Exit::Success)) && self.signals.came().is_none()
        });
        match (ended, self.signals.came()) {
            (Ok(Exit::Io), _) => Ok(Exit::Success),
            (Ok(Exit::Success), Some(signal)) => Ok(Exit::Signal(signal)),
            (ended, _) => ended,
        }
    }

    fn piece(&mut self, name: &str, piece: Piece) -> Result<Exit, Failure> {
        let Piece::Bytes { bytes, found, read } = piece else {
            let Piece::Failed(error) = piece else { return Ok(Exit::Success) };
            return Err(Failure::io(name, error));
        };
        self.bar.inc(read as u64);
        self.report.read(read);
        for (finding, line) in &found {
            self.report.add(name, *line, finding).map_err(|error| Failure::io("report", error))?;
        }
        let output = self.output.as_mut().expect("no stream has it");
        output.clean(&bytes);
        match output.flush() {
            Ok(()) => Ok(Exit::Success),
            // Nobody reads any more: `Io` stops the jobs, and is success for the caller.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Io),
            Err(error) => Err(Failure::io("standard output", error)),
        }
    }

    fn input(&mut self, name: &str, mut file: File) -> Result<Ended, Failure> {
        let output = self.output.take().expect("given back by the input before");
        let mut stream = self.redactor.stream(output);
        let mut lines = Lines::default();
        let read = self.read(name, &mut file, &mut stream, &mut lines);
        // Also after a failed read: what came before it is redacted and leaves.
        let closed = matches!(read, Ok(Ended::Closed));
        let mut output = stream.finish();
        let flushed = if closed { Ok(()) } else { output.flush() };
        let findings = output.findings();
        self.output = Some(output);
        for finding in &findings {
            let line = lines.line(finding.span().start());
            self.report.add(name, line, finding).map_err(|error| Failure::io("report", error))?;
        }
        match flushed {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ended::Closed),
            Err(error) => Err(Failure::io("standard output", error)),
            Ok(()) => read,
        }
    }

    fn read(
        &mut self,
        name: &str,
        file: &mut File,
        stream: &mut Stream<Output<File>>,
        lines: &mut Lines,
    ) -> Result<Ended, Failure> {
        loop {
            if let Some(signal) = self.signals.came() {
                return Ok(Ended::Signal(signal));
            }
            let silence = if stream.held() > 0 { self.idle } else { None };
            match self.signals.wait(file.as_fd(), silence) {
                Woken::Signal => continue,
                Woken::Silence => stream.release(),
                Woken::Ready => match file.read(&mut self.chunk) {
                    Ok(0) => return Ok(Ended::AtItsEnd),
                    Ok(count) => self.pass(stream, count, lines),
                    Err(error) if is_passing(&error) => continue,
                    Err(error) => return Err(Failure::io(name, error)),
                },
            }
            match stream.sink().flush() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Ok(Ended::Closed);
                }
                Err(error) => return Err(Failure::io("standard output", error)),
            }
            for finding in stream.sink().findings() {
                let line = lines.line(finding.span().start());
                self.report
                    .add(name, line, &finding)
                    .map_err(|error| Failure::io("report", error))?;
            }
        }
    }

    fn pass(&mut self, stream: &mut Stream<Output<File>>, count: usize, lines: &mut Lines) {
        let chunk = &self.chunk[..count];
        if self.report.wants_lines() {
            lines.forget_before(stream.decided());
            lines.read(chunk);
        }
        self.report.read(count);
        self.bar.inc(count as u64);
        stream.push(chunk);
    }
}

/// Whether a read only has to be asked again.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}
