//! A file takes another one's place.
//!
//! ```text
//!   old file ▸ new file beside it, for its owner alone ▸ on the disk ▸ old one still the same? ▸ journal ▸ rename ▸ what came late
//! ```
//!
//! Until the renaming the old file is as it was, and after it the new one is whole. A program that opens the file, appends to
//! it and closes it may do so at any time: what it appends before the renaming shows in the old file's length, and all begins
//! anew; what it appends afterwards to the old file, which it had opened before, is swept and appended to the new one.

use std::fs::{File, FileTimes, Metadata};
use std::io::{self, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, fchown};
use std::path::Path;
use std::time::Duration;

use keepmum::sweep::{
    Change, Entry, Fingerprinting, Journal, Kind, Left, State, SweepError, Sweeper, Visit,
};
use tempfile::NamedTempFile;

use super::in_use;
use super::noted::{Detail, Noted};
use super::walk::TEMPORARY;

/// How often it begins anew when the file grows meanwhile.
const TRIES: usize = 5;

/// How often it is looked whether somebody still writes to the old file, and how long it is waited in between.
const LOOKS: usize = 100;
const BETWEEN: Duration = Duration::from_millis(20);

/// What takes the place of a file.
pub(super) struct Rewriting<'a> {
    pub(super) sweeper: &'a Sweeper,
    pub(super) journal: &'a Journal,
    pub(super) in_place: bool,
    pub(super) touch: bool,
    pub(super) detail: Detail,
    /// The file before anything of it was read, which changes when it was read last.
    pub(super) opened: &'a Metadata,
    /// Accounts for what was found, before the file is another one.
    pub(super) account: &'a dyn Fn(&Noted) -> io::Result<()>,
    pub(super) over: &'a (dyn Fn() -> bool + Sync),
}

impl Rewriting<'_> {
    /// Sweeps `file`, which is open at `path`.
    ///
    /// # Errors
    ///
    /// Something cannot be read, written or kept; the file changed again and again; somebody writes to it.
    pub(super) fn run(&self, path: &Path, file: &mut File) -> Result<(Noted, Kind), SweepError> {
        for _ in 0..TRIES {
            let before = file.metadata()?;
            let Written { new, noted, kind, entry, states } = self.written(path, file)?;
            if noted.changed == 0 {
                return Ok((noted, kind));
            }
            new.as_file().sync_all()?;
            if !is_same(path, &before, states.0.length())? {
                continue;
            }
            if let Some(process) = in_use::writer(&before) {
                return Err(refused(format_args!("process {process} has it open for writing")));
            }
            (self.account)(&noted)?;
            let (old, after) = (states.0.length(), State::from(states.1));
            entry.end(&path.canonicalize()?, State::from(states.0), after)?;
            self.replace(path, file, new, &before)?;
            self.late(path, file, old)?;
            return Ok((noted, kind));
        }
        Err(refused("it is written to all the time"))
    }

    /// The new file, as long as nothing depends on it.
    fn written(&self, path: &Path, file: &mut File) -> Result<Written<'_>, SweepError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let new = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        file.seek(SeekFrom::Start(0))?;
        let mut read = Hashed { file, print: self.sweeper.fingerprinting() };
        let mut writer = Writer {
            out: BufWriter::with_capacity(256 << 10, new.as_file()),
            print: self.sweeper.fingerprinting(),
            noted: Noted::new(self.detail),
            entry: self.journal.begin()?,
            failed: None,
            over: self.over,
        };
        let swept = self.sweeper.sweep(path, &mut read, &mut writer);
        let (print, noted, entry) = writer.end()?;
        let kind = swept?.kind;
        Ok(Written { new, noted, kind, entry, states: (read.print, print) })
    }

    /// Gives the new file what the old one has beside its bytes, and its name; or the old one the new bytes.
    fn replace(
        &self,
        path: &Path,
        old: &File,
        new: NamedTempFile,
        before: &Metadata,
    ) -> io::Result<()> {
        if before.nlink() > 1 && self.in_place {
            return self.overwrite(path, new.as_file(), before);
        }
        take_place(path, (old, before), new, self.times(before)?)
    }

    /// Writes the new bytes under the same number, so that all names of the file have them.
    fn overwrite(&self, path: &Path, mut new: &File, before: &Metadata) -> io::Result<()> {
        let file = File::options().write(true).open(path)?;
        new.seek(SeekFrom::Start(0))?;
        let length = io::copy(&mut new, &mut &file)?;
        file.set_len(length)?;
        self.times(before)?.map_or(Ok(()), |times| file.set_times(times))?;
        file.sync_all()
    }

    /// The times that are kept, if they are.
    fn times(&self, before: &Metadata) -> io::Result<Option<FileTimes>> {
        let kept = FileTimes::new().set_accessed(self.opened.accessed()?);
        Ok((!self.touch).then_some(kept.set_modified(before.modified()?)))
    }

    /// Sweeps what was appended to the old file behind `done`, and appends it to the new one.
    fn late(&self, path: &Path, old: &File, done: u64) -> Result<(), SweepError> {
        for look in 0..LOOKS {
            let metadata = old.metadata()?;
            if metadata.nlink() > 0 {
                return Ok(());
            }
            let writer = in_use::writer(&metadata);
            // A line that is being written is not cut in two. What was written until nobody wrote is there now.
            if writer.is_none() || look + 1 == LOOKS {
                self.append(path, old, done)?;
            }
            match writer {
                None => return Ok(()),
                Some(_) if look + 1 < LOOKS => std::thread::sleep(BETWEEN),
                Some(process) => {
                    return Err(refused(format_args!(
                        "it was swept, but process {process} goes on writing to the old file, which has no name any more"
                    )));
                }
            }
        }
        Ok(())
    }

    fn append(&self, path: &Path, old: &File, done: u64) -> Result<(), SweepError> {
        let length = old.metadata()?.len();
        if length <= done {
            return Ok(());
        }
        let mut tail = vec![0; (length - done) as usize];
        old.read_exact_at(&mut tail, done)?;
        let mut new = Bytes::default();
        self.sweeper.sweep(path, &mut &tail[..], &mut new)?;
        let mut file = File::options().append(true).open(path)?;
        file.write_all(&new.0)?;
        file.sync_all()?;
        Ok(())
    }
}

/// Gives `new` what `old` has beside its bytes, these times, and its name.
pub(super) fn take_place(
    path: &Path,
    (old, before): (&File, &Metadata),
    new: NamedTempFile,
    times: Option<FileTimes>,
) -> io::Result<()> {
    let file = new.as_file();
    let owner = file.metadata()?;
    if (owner.uid(), owner.gid()) != (before.uid(), before.gid()) {
        fchown(file, Some(before.uid()), Some(before.gid()))
            .map_err(|_| io::Error::other("its owner cannot be kept"))?;
    }
    keep_attributes(old, file)?;
    file.set_permissions(before.permissions())?;
    times.map_or(Ok(()), |times| file.set_times(times))?;
    file.sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

pub(super) fn refused(why: impl std::fmt::Display) -> SweepError {
    SweepError::from(io::Error::other(why.to_string()))
}

/// A new file, and what is known of it and of the old one.
struct Written<'a> {
    new: NamedTempFile,
    noted: Noted,
    kind: Kind,
    entry: Entry<'a>,
    states: (Fingerprinting, Fingerprinting),
}

/// Whether what `path` names is what was read, `length` bytes of it.
fn is_same(path: &Path, read: &Metadata, length: u64) -> io::Result<bool> {
    let now = std::fs::symlink_metadata(path)?;
    if (now.dev(), now.ino()) != (read.dev(), read.ino()) {
        return Err(io::Error::other("another file has its name now"));
    }
    let time = |of: &Metadata| (of.mtime(), of.mtime_nsec());
    Ok(now.len() == length && time(&now) == time(read))
}

pub(super) fn times(of: &Metadata) -> io::Result<FileTimes> {
    Ok(FileTimes::new().set_accessed(of.accessed()?).set_modified(of.modified()?))
}

/// Extended attributes: access lists, labels, what somebody noted. A file system that has none is none to copy.
fn keep_attributes(old: &File, new: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};

    let mut names = vec![0_u8; 64 << 10];
    let length = match flistxattr(old, &mut names[..]) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut value = vec![0_u8; 64 << 10];
    for name in names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        let length = fgetxattr(old, name, &mut value[..])?;
        fsetxattr(new, name, &value[..length], XattrFlags::empty()).map_err(|error| {
            let name = String::from_utf8_lossy(name).into_owned();
            io::Error::other(format!("its attribute {name} cannot be kept: {error}"))
        })?;
    }
    Ok(())
}

/// Reads, and hashes what was read.
struct Hashed<'a> {
    file: &'a mut File,
    print: Fingerprinting,
}

impl Read for Hashed<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)?;
        self.print.update(&room[..read]);
        Ok(read)
    }
}

/// Writes the new file, and what is told of it.
struct Writer<'a, 'j> {
    out: BufWriter<&'a File>,
    print: Fingerprinting,
    noted: Noted,
    entry: Entry<'j>,
    failed: Option<io::Error>,
    over: &'a (dyn Fn() -> bool + Sync),
}

impl<'j> Writer<'_, 'j> {
    /// Writes what is left; gives what was told.
    fn end(mut self) -> io::Result<(Fingerprinting, Noted, Entry<'j>)> {
        self.failed.map_or(Ok(()), Err)?;
        self.out.flush()?;
        Ok((self.print, self.noted, self.entry))
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.print.update(bytes);
            self.failed = self.out.write_all(bytes).err();
        }
    }
}

impl Visit for Writer<'_, '_> {
    fn kept(&mut self, bytes: &[u8]) {
        self.noted.kept(bytes);
        self.write(bytes);
    }

    fn changed(&mut self, change: &Change<'_>) {
        self.noted.changed(change);
        self.write(change.with);
        if self.failed.is_none() {
            self.failed = self.entry.add(change).err();
        }
    }

    fn left(&mut self, left: &Left<'_>) {
        self.noted.left(left);
    }

    fn over(&self) -> bool {
        self.failed.is_some() || (self.over)()
    }
}

/// Keeps what comes out.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Visit for Bytes {
    fn kept(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn changed(&mut self, change: &Change<'_>) {
        self.0.extend_from_slice(change.with);
    }

    fn left(&mut self, _: &Left<'_>) {}
}
