//! A file takes another one's place.
//!
//! ```text
//!   old file ▸ new file beside it, for its owner alone ▸ on the disk ▸ old one still the same? ▸ journal ▸ exchange ▸ what came late
//! ```
//!
//! Until the exchange the old file is as it was, and after it the new one is whole. A program that opens the file, appends to
//! it and closes it may do so at any time: what it appends before shows in the old file's length, and all begins anew; what it
//! appends afterwards to the old file, which it had opened before, is swept and appended to the new one. If what the exchange
//! brings out is not what was read, the names are exchanged again, and all begins anew too.

use std::fs::{File, FileTimes, Metadata};
use std::io::{self, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use keepmum::sweep::{
    Change, Entry, Fingerprinting, Journal, Kind, Left, State, SweepError, Sweeper, Visit,
};

use super::beside::{Beside, Placed};
use super::late::Late;
use super::noted::{Detail, Noted};
use super::old::Old;
use super::{attributes, in_place, in_use};

/// How often it begins anew when the file grows meanwhile.
const TRIES: usize = 5;

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
    pub(super) fn run(&self, path: &Path, file: &mut File) -> Result<Noted, SweepError> {
        for _ in 0..TRIES {
            let before = file.metadata()?;
            let Written { new, noted, kind, entry, states } = self.written(path, file)?;
            if noted.changed == 0 {
                return Ok(noted);
            }
            new.file().sync_all()?;
            let (read, after) = (State::from(states.0), State::from(states.1));
            let begins_as_read = |file: &mut File| self.begins_as(read, file);
            let length = read.length();
            let old = Old { path, file, before: &before, length, begins_as_read: &begins_as_read };
            if !is_same(&old)? {
                continue;
            }
            if let Some(process) = in_use::writer(&before) {
                return Err(refused(format_args!("process {process} has it open for writing")));
            }
            (self.account)(&noted)?;
            let announced = entry.end(&path.canonicalize()?, read, after)?;
            match self.replace(&old, new, kind) {
                Ok(true) => return Ok(noted),
                Ok(false) => announced.revoke()?,
                Err(error) => {
                    if std::fs::symlink_metadata(path).is_ok_and(|now| old.is(&now)) {
                        announced.revoke()?;
                    }
                    return Err(error);
                }
            }
        }
        Err(refused("it is written to all the time"))
    }

    /// The new file, as long as nothing depends on it.
    fn written(&self, path: &Path, file: &mut File) -> Result<Written<'_>, SweepError> {
        let new = Beside::of(path)?;
        file.seek(SeekFrom::Start(0))?;
        let mut read = Hashed { file, print: self.sweeper.fingerprinting() };
        let mut writer = Writer {
            out: BufWriter::with_capacity(256 << 10, new.file()),
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

    /// Gives the new file what the old one has beside its bytes, and its name; or the old one the new bytes. `false` if somebody
    /// wrote to it meanwhile.
    fn replace(&self, old: &Old<'_>, new: Beside, kind: Kind) -> Result<bool, SweepError> {
        let times = self.times(old.before)?;
        let tail = |tail: &[u8]| self.tail(kind, tail);
        if old.before.nlink() > 1 && self.in_place {
            return in_place::overwrite(old, new, times, &tail);
        }
        attributes::keep((old.file, old.before), new.file(), times)?;
        new.file().sync_all()?;
        let Placed::New(new) = new.take_place(old)? else { return Ok(false) };
        Late { path: old.path, old: old.file, done: old.length, tail: &tail }.run(new)?;
        Ok(true)
    }

    /// The times that are kept, if they are.
    fn times(&self, before: &Metadata) -> io::Result<Option<FileTimes>> {
        let kept = FileTimes::new().set_accessed(self.opened.accessed()?);
        Ok((!self.touch).then_some(kept.set_modified(before.modified()?)))
    }

    /// Whether a file begins with what was read.
    fn begins_as(&self, read: State, file: &mut File) -> io::Result<bool> {
        file.seek(SeekFrom::Start(0))?;
        let mut begin = Hashed { file, print: self.sweeper.fingerprinting() };
        io::copy(&mut begin.by_ref().take(read.length()), &mut io::sink())?;
        Ok(State::from(begin.print) == read)
    }

    /// What was appended, swept.
    fn tail(&self, kind: Kind, mut tail: &[u8]) -> Result<Vec<u8>, SweepError> {
        let mut new = Bytes::default();
        self.sweeper.sweep_more(kind, &mut tail, &mut new)?;
        Ok(new.0)
    }
}

pub(super) fn refused(why: impl std::fmt::Display) -> SweepError {
    SweepError::from(io::Error::other(why.to_string()))
}

/// A new file, and what is known of it and of the old one.
struct Written<'a> {
    new: Beside,
    noted: Noted,
    kind: Kind,
    entry: Entry<'a>,
    states: (Fingerprinting, Fingerprinting),
}

/// Whether a file is what was read, and as long.
fn is_same(old: &Old<'_>) -> io::Result<bool> {
    let now = std::fs::symlink_metadata(old.path)?;
    if !old.is(&now) {
        return Err(io::Error::other("another file has its name now"));
    }
    Ok(now.len() == old.length && old.is_at(old.path)?)
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
