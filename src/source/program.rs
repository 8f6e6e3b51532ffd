//! Programs that print secrets: started without a shell, bounded in time and output, silent about what they say.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{SourceError, bytes};

/// How long a program may take unless something else is said.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// What a program prints.
type Output = io::Result<Zeroizing<Vec<u8>>>;

/// A program with its first arguments.
#[derive(Clone)]
pub(super) struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    pub(super) timeout: Duration,
    /// Bytes of output.
    pub(super) most: usize,
}

impl Program {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { path, arguments: Vec::new(), timeout: TIMEOUT, most: bytes::MOST }
    }

    pub(super) fn arguments<A: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The same at another place.
    pub(super) fn at(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = path.into();
        self
    }

    /// The name of the file. Nothing else of the program is shown: an argument can be a secret.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// A program that is looked for in `PATH` keeps its name; any other path is relative to `folder`.
    pub(super) fn relative_to(mut self, folder: impl FnOnce(&Path) -> PathBuf) -> Self {
        if self.path.components().count() > 1 {
            self.path = folder(&self.path);
        }
        self
    }

    /// What it prints. Its input is empty, and what it says on standard error is dropped: that can hold a secret.
    pub(super) fn run(&self, source: &str) -> Result<Zeroizing<Vec<u8>>, SourceError> {
        let deadline = Instant::now() + self.timeout;
        let failed = |error: io::Error| SourceError::io(source, &self.path, &error);
        let (mut running, output) = self.start().map_err(failed)?;
        let Ok(read) = output.recv_timeout(self.timeout) else { return Err(self.late(source)) };
        let printed = read.map_err(failed)?;
        match running.wait(deadline).map_err(failed)? {
            None => Err(self.late(source)),
            Some(status) if status.success() => Ok(printed),
            Some(status) => {
                let why = format!("`{}` failed: {status}", self.name());
                Err(SourceError::unavailable(source, why))
            }
        }
    }

    /// The output is read beside the program: one that is late is not waited for.
    fn start(&self) -> io::Result<(Running, Receiver<Output>)> {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A group of its own, so that what it has started ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut running = Running { child: command.spawn()?, ended: None };
        let stdout = running.child.stdout.take().expect("it was asked for");
        let (sender, output) = mpsc::channel();
        let most = self.most;
        let read = move || drop(sender.send(bytes::read(stdout, most)));
        thread::Builder::new().name("keepmum-source".to_owned()).spawn(read)?;
        Ok((running, output))
    }

    fn late(&self, source: &str) -> SourceError {
        let timeout = humantime::format_duration(self.timeout);
        let why = format!("`{}` took longer than {timeout} and was ended", self.name());
        SourceError::unavailable(source, why)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("path", &self.path)
            .field("arguments", &self.arguments.len())
            .finish_non_exhaustive()
    }
}

/// A program that is killed when nobody waits for it any more.
struct Running {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Waits until it ends or `deadline` comes.
    fn wait(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        let mut pause = Duration::from_millis(1);
        while self.ended.is_none() && Instant::now() < deadline {
            self.ended = self.child.try_wait()?;
            if self.ended.is_none() {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
        }
        Ok(self.ended)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // Not waited for yet, so that its number is still its own.
            #[cfg(unix)]
            let _ = rustix::process::kill_process_group(
                rustix::process::Pid::from_child(&self.child),
                rustix::process::Signal::KILL,
            );
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
