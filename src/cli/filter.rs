//! The filter: inputs through the stream to standard output.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use keepmum::Sink;
use keepmum::memory::Protection;
use zeroize::Zeroize;

use super::exit::{Exit, Failure};
use super::jobs::{self, Go, Piece};
use super::lines::Lines;
use super::output::Output;
use super::passing::{Known, Passing, Shape};
use super::progress;
use super::report::Report;
use super::settings::Settings;
use super::signals::{self, Signals, Woken};

/// Size of a read. Larger ones are slower: the buffer and the pipe's pages leave the second-level cache.
pub(super) const CHUNK: usize = 64 << 10;

/// Size of the pipe behind standard output, where it can be had.
const PIPE: usize = 1 << 20;

/// Redacts every input in order.
pub(crate) fn run(settings: &Settings, protection: &Protection) -> Result<Exit, Failure> {
    if let Known::Kept(store) = &settings.known {
        let listens = signals::refresh_on_hangup(store.clone());
        listens.map_err(|error| Failure::io("signals", error))?;
    }
    let mut run = Run::new(settings)?;
    let ended = run.inputs(&settings.files, settings.jobs);
    run.bar.finish_and_clear();
    if settings.stats {
        let written = run.output.as_ref().map_or(0, Output::written);
        run.report.summary(written, &mut io::stderr().lock());
        super::told(protection, &mut io::stderr().lock());
    }
    Ok(ended?.exit())
}

struct Run<'a> {
    known: &'a Known,
    shape: Shape,
    // None only while a stream has it.
    output: Option<Output<File>>,
    report: Report,
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
    /// The engine panicked in a worker.
    Broken,
}

impl Ended {
    fn exit(&self) -> Exit {
        match self {
            Ended::AtItsEnd | Ended::Closed => Exit::Success,
            Ended::Signal(signal) => Exit::Signal(*signal),
            Ended::Broken => Exit::Internal,
        }
    }
}

impl<'a> Run<'a> {
    fn new(settings: &'a Settings) -> Result<Self, Failure> {
        Ok(Self {
            known: &settings.known,
            shape: settings.shape,
            output: Some(Output::new(roomy(own("standard output", io::stdout().as_fd())?))),
            report: Report::new("filter", settings.report.as_deref(), settings.audit.clone())?,
            signals: Signals::listen().map_err(|error| Failure::io("signals", error))?,
            idle: settings.idle,
            bar: progress::bar(&settings.files, settings.color),
            chunk: vec![0; CHUNK],
        })
    }

    fn inputs(&mut self, files: &[PathBuf], jobs: usize) -> Result<Ended, Failure> {
        let standard = Path::new("-");
        if jobs > 1 && files.len() > 1 && files.iter().all(|path| path != standard) {
            return self.at_once(files, jobs);
        }
        let only = [standard.to_owned()];
        for path in if files.is_empty() { &only } else { files } {
            let ended = if path == standard {
                let name = "standard input";
                self.input(name, own(name, io::stdin().as_fd())?)
            } else {
                let file = File::open(path).map_err(|error| Failure::io(path.display(), error))?;
                self.input(&path.display().to_string(), file)
            };
            match ended? {
                Ended::AtItsEnd => {}
                ended => return Ok(ended),
            }
        }
        Ok(Ended::AtItsEnd)
    }

    /// Several files at once.
    fn at_once(&mut self, files: &[PathBuf], jobs: usize) -> Result<Ended, Failure> {
        let mut ended = Ok(Ended::AtItsEnd);
        jobs::run((self.known, self.shape), files, jobs, |path, piece| {
            ended = self.piece(&path.display().to_string(), piece);
            if matches!(ended, Ok(Ended::AtItsEnd)) { Go::On } else { Go::Stop }
        });
        ended
    }

    fn piece(&mut self, name: &str, piece: Piece) -> Result<Ended, Failure> {
        let (bytes, found, read) = match piece {
            Piece::Bytes { bytes, found, read } => (bytes, found, read),
            Piece::Failed(error) => return Err(Failure::io(name, error)),
            Piece::Broken => return Ok(Ended::Broken),
        };
        self.bar.inc(read as u64);
        self.report.read(read);
        self.report.tell(name, &found)?;
        let output = self.output.as_mut().expect("no stream has it");
        output.clean(&bytes);
        let written = written(output)?;
        match (written, self.signals.came()) {
            (Ended::AtItsEnd, Some(signal)) => Ok(Ended::Signal(signal)),
            (written, _) => Ok(written),
        }
    }

    fn input(&mut self, name: &str, mut file: File) -> Result<Ended, Failure> {
        let mut output = self.output.take().expect("given back by the input before");
        output.restart();
        let mut stream = self.known.stream(self.shape, output);
        let mut lines = Lines::default();
        let read = self.read(name, &mut file, &mut stream, &mut lines);
        // Also after a failed read: what came before it is redacted and leaves. After a failed write nothing does.
        let mut output = stream.finish();
        let written = written(&mut output);
        let told = self.tell(name, &mut output, &mut lines);
        self.output = Some(output);
        let read = read?;
        told?;
        match written? {
            Ended::AtItsEnd => Ok(read),
            closed => Ok(closed),
        }
    }

    fn read(
        &mut self,
        name: &str,
        file: &mut File,
        stream: &mut Passing<Output<File>>,
        lines: &mut Lines,
    ) -> Result<Ended, Failure> {
        // Silence is waited for once after bytes: what `release` keeps then, it keeps until there are more.
        let mut silence = None;
        loop {
            if let Some(signal) = self.signals.came() {
                return Ok(Ended::Signal(signal));
            }
            match self.signals.wait(file.as_fd(), silence) {
                Woken::Signal => continue,
                Woken::Silence => {
                    silence = None;
                    stream.release();
                    self.chunk[..].zeroize();
                }
                Woken::Ready => match file.read(&mut self.chunk) {
                    Ok(0) => return Ok(Ended::AtItsEnd),
                    Ok(count) => {
                        silence = self.idle;
                        self.pass(stream, count, lines);
                    }
                    Err(error) if is_passing(&error) => continue,
                    Err(error) => return Err(Failure::io(name, error)),
                },
            }
            match written(stream.sink())? {
                Ended::AtItsEnd => self.tell(name, stream.sink(), lines)?,
                ended => return Ok(ended),
            }
        }
    }

    fn pass(&mut self, stream: &mut Passing<Output<File>>, count: usize, lines: &mut Lines) {
        let chunk = &self.chunk[..count];
        if self.report.wants_lines() {
            let (settled, decided) = (stream.sink().settled(), stream.decided());
            lines.forget(settled, decided);
            lines.read(chunk);
        }
        self.report.read(count);
        self.bar.inc(count as u64);
        stream.push(chunk);
    }

    /// Reports what was found since the last call.
    fn tell(
        &mut self,
        name: &str,
        output: &mut Output<File>,
        lines: &mut Lines,
    ) -> Result<(), Failure> {
        self.report.tell(name, &lines.numbered(output.findings()))
    }
}

/// A handle without the standard library's buffer, which would hold back what has no line end.
pub(super) fn own(name: &str, fd: BorrowedFd<'_>) -> Result<File, Failure> {
    fd.try_clone_to_owned().map(File::from).map_err(|error| Failure::io(name, error))
}

/// A pipe with room for several chunks, so that neither end waits for the other at each; anything else as it is.
pub(super) fn roomy(file: File) -> File {
    let _ = rustix::pipe::fcntl_setpipe_size(&file, PIPE);
    file
}

/// Writes what `output` collected.
fn written(output: &mut Output<File>) -> Result<Ended, Failure> {
    match output.flush() {
        Ok(()) => Ok(Ended::AtItsEnd),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ended::Closed),
        Err(error) => Err(Failure::io("standard output", error)),
    }
}

/// Whether a read only has to be asked again.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}
