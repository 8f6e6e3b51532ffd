//! The bytes of a database's file, and of what SQLite keeps beside it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::stream::Discard;
use crate::sweep::bytes::is_sure;
use crate::{Finding, Observe, Redactor, Secret};

/// Size of a read.
const CHUNK: usize = 256 << 10;

/// Most values that are looked for in the bytes.
const MOST: usize = 10_000;

/// The log of what was written lately, and what an unfinished change has to be undone with.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// Values that were replaced, with the names of what they were found as.
#[derive(Default)]
pub(super) struct Values(Vec<(String, Zeroizing<Vec<u8>>)>);

impl Values {
    pub(super) fn add(&mut self, name: &str, value: Zeroizing<Vec<u8>>) {
        if self.0.len() < MOST && !self.0.iter().any(|(_, known)| *known == value) {
            self.0.push((name.to_owned(), value));
        }
    }

    /// What finds them.
    fn redactor(&self) -> io::Result<Redactor> {
        let mut builder = Redactor::builder();
        for (name, value) in &self.0 {
            let secret = Secret::new(name, value.to_vec()).forced();
            builder = builder.known(secret).map_err(io::Error::other)?;
        }
        builder.build().map_err(io::Error::other)
    }
}

/// A database's file, open for reading.
///
/// Invariant: it outlives every connection to the database. POSIX locks belong to a process and not to a handle: closing any
/// handle of the file gives up SQLite's locks on it, and another program would take the log away under a connection.
pub(super) struct Bytes {
    file: File,
    path: PathBuf,
}

impl Bytes {
    /// # Errors
    ///
    /// It cannot be read, or is a link.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: open(path)?, path: path.to_owned() })
    }

    /// Whether its path leads to it still.
    pub(super) fn has_its_name(&self) -> io::Result<bool> {
        let (own, now) = (self.file.metadata()?, std::fs::symlink_metadata(&self.path)?);
        Ok((own.dev(), own.ino()) == (now.dev(), now.ino()))
    }

    /// Whether something stands in the bytes: a known secret, or what a rule is sure of. What is called as one of `but` may.
    pub(super) fn hold(&self, redactor: &Redactor, but: &BTreeSet<String>) -> io::Result<bool> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        if stands(redactor, file, but)? {
            return Ok(true);
        }
        // What cannot be read may hold anything.
        Ok(BESIDE.iter().any(|end| match open(&self.beside(end)) {
            Ok(file) => stands(redactor, file, but).unwrap_or(true),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }))
    }

    /// Whether one of `values` stands in the bytes.
    pub(super) fn hold_one(&self, values: &Values, but: &BTreeSet<String>) -> io::Result<bool> {
        self.hold(&values.redactor()?, but)
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(end);
        PathBuf::from(name)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn stands(redactor: &Redactor, mut file: impl Read, but: &BTreeSet<String>) -> io::Result<bool> {
    let mut found = false;
    let see = |finding: &Finding| {
        found |= is_sure(redactor, finding) && !but.contains(finding.name());
    };
    let mut stream = redactor.stream(Observe::new(Discard, see));
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => stream.push(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.finish();
    Ok(found)
}
