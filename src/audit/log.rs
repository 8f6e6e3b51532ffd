//! The file that rows are appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::chain::{self, Head, LONGEST};
use super::error::AuditError;
use super::rotation;
use super::row::Row;

/// When a log's file is full, and how many full ones stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes from which on a new file is begun.
    ///
    /// ### Default
    ///
    /// 64 MiB.
    pub max_size: u64,
    /// How many full files stay, as `NAME.1` (the youngest) to `NAME.N`; older ones are removed.
    ///
    /// ### Default
    ///
    /// 16.
    pub keep: NonZeroU16,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_size: 64 << 20, keep: const { NonZeroU16::new(16).unwrap() } }
    }
}

/// An audit log, open for appending. Shared between threads.
///
/// A row that was recorded is on the disk: each call writes its rows at once and waits for the device. One log has one
/// writer; a second one is refused. After a row that could not be written no other is: a gap would look like silence.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    options: Options,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    size: u64,
    head: Head,
    health: Health,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    Failed,
}

impl Log {
    /// Opens the log at `path`, or begins it. The chain goes on where it ended, also in a file that was rotated away.
    ///
    /// A last line that is not whole was never recorded: it is cut off, which a [`Row::Recovered`] tells.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, read or written; another writer has it; its last row is not what was written.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, AuditError> {
        let path = path.as_ref();
        let failed = |error: io::Error| AuditError::io(path, &error);
        let file = locked(path)?;
        rotation::resume(path, &file).map_err(failed)?;
        let (size, torn) = whole_lines(path, &file)?;
        if torn > 0 {
            file.set_len(size).map_err(failed)?;
        }
        let head = match last_head(path, &file, size)? {
            Some(head) => head,
            None => rotated_head(path)?.unwrap_or_default(),
        };
        let state = Mutex::new(State { file, size, head, health: Health::Good });
        let log = Self { path: path.to_owned(), options, state };
        if torn > 0 {
            log.record(&Row::Recovered { bytes: torn })?;
        }
        Ok(log)
    }

    /// Appends a row. It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// It cannot be written, or one before it could not.
    pub fn record(&self, row: &Row) -> Result<(), AuditError> {
        self.record_all(std::slice::from_ref(row))
    }

    /// Appends rows with one wait for the disk. They are there when this returns.
    ///
    /// # Errors
    ///
    /// As for [`record`](Self::record).
    pub fn record_all(&self, rows: &[Row]) -> Result<(), AuditError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut state = self.state()?;
        // Until the rows are on the disk: also if something panics in between.
        state.health = Health::Failed;
        let appended = state.append(&self.path, self.options, rows);
        if appended.is_err() {
            // What is left of a row would be cut off by the next start; the disk may be full until then.
            let _ = state.file.set_len(state.size);
        }
        appended.map_err(|error| AuditError::io(&self.path, &error))?;
        state.health = Health::Good;
        Ok(())
    }

    /// The last row's number and hash. Remember it elsewhere to see later whether rows were cut off.
    pub fn head(&self) -> Head {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).head
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, AuditError> {
        let state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match state.health {
            Health::Good => Ok(state),
            Health::Failed => Err(AuditError::failed_before(&self.path)),
        }
    }
}

/// Gives the lock back by name. Closing the file does not while a program that another thread is just starting has it too.
impl Drop for State {
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl State {
    fn append(&mut self, path: &Path, options: Options, rows: &[Row]) -> io::Result<()> {
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let (mut head, mut lines) = (self.head, Vec::new());
        for row in rows {
            let (line, next) = chain::line(row, head, time.clone())?;
            if line.len() > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "a row is too long"));
            }
            let before = self.size + lines.len() as u64;
            if before > 0 && before + line.len() as u64 > options.max_size {
                self.write(&mut lines, head)?;
                self.file = rotation::rotate(path, options.keep)?;
                self.size = 0;
            }
            lines.extend_from_slice(&line);
            head = next;
        }
        self.write(&mut lines, head)
    }

    /// Writes `lines`, which end the chain in `head`, and waits for the disk.
    fn write(&mut self, lines: &mut Vec<u8>, head: Head) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.size += lines.len() as u64;
        self.head = head;
        lines.clear();
        Ok(())
    }
}

/// Opens `path` for appending, as the only one.
fn locked(path: &Path) -> Result<File, AuditError> {
    let failed = |error: io::Error| AuditError::io(path, &error);
    loop {
        let file = opened(path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(AuditError::busy(path)),
            Err(error) => return Err(failed(error.into())),
        }
        // Between opening and locking, the writer before may have begun a new file under this name.
        if rotation::is_at(&file, path).map_err(failed)? {
            return Ok(file);
        }
    }
}

/// The file at `path`. It is for its owner alone: names of secrets are nobody else's business.
fn opened(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if metadata.size() == 0 {
        rotation::sync_folder(path)?;
    }
    Ok(file)
}

/// The length of the whole lines of `file`, and how many bytes stand behind them.
fn whole_lines(path: &Path, file: &File) -> Result<(u64, u64), AuditError> {
    let failed = |error: io::Error| AuditError::io(path, &error);
    let size = file.metadata().map_err(failed)?.len();
    let end = tail(file, size).map_err(failed)?;
    match memchr::memrchr(b'\n', &end) {
        Some(at) => Ok((size - (end.len() - at - 1) as u64, (end.len() - at - 1) as u64)),
        None if size as usize == end.len() => Ok((0, size)),
        None => Err(AuditError::damaged_end(path, "it is longer than a row can be")),
    }
}

/// The head that the last of the whole lines makes; none if there is none.
fn last_head(path: &Path, file: &File, size: u64) -> Result<Option<Head>, AuditError> {
    let end = tail(file, size).map_err(|error| AuditError::io(path, &error))?;
    let Some(lines) = end.strip_suffix(b"\n") else { return Ok(None) };
    let start = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
    match chain::link(&lines[start..]) {
        Ok(link) => Ok(Some(link.head)),
        Err(why) => Err(AuditError::damaged_end(path, why)),
    }
}

/// The head of the youngest full file.
fn rotated_head(path: &Path) -> Result<Option<Head>, AuditError> {
    let rotated = rotation::numbered(path, 1);
    let failed = |error: io::Error| AuditError::io(&rotated, &error);
    let file = match File::open(&rotated) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let size = file.metadata().map_err(failed)?.len();
    last_head(&rotated, &file, size)
}

/// The last bytes of the first `size`: at least one whole line, if there is one.
fn tail(file: &File, size: u64) -> io::Result<Vec<u8>> {
    // A line, its end, and the end of the one before.
    let length = size.min(LONGEST as u64 + 2);
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, size - length)?;
    Ok(bytes)
}
