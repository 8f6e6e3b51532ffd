//! A file that is to be another one, as it was when it was read.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// An open file, and how it was before it was read.
pub(super) struct Old<'a> {
    pub(super) path: &'a Path,
    pub(super) file: &'a File,
    pub(super) before: &'a Metadata,
    /// How much of it was read.
    pub(super) length: u64,
    /// Whether the beginning of the file, of that length, is what was read.
    pub(super) begins_as_read: &'a dyn Fn(&mut File) -> io::Result<bool>,
}

impl Old<'_> {
    /// Whether what has the name `path` is this file, with nothing in it that was not read but what was appended.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(super) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let now = std::fs::symlink_metadata(path)?;
        if !self.is(&now) || now.len() < self.length {
            return Ok(false);
        }
        let time = |of: &Metadata| (of.mtime(), of.mtime_nsec());
        let untouched = now.len() == self.length && time(&now) == time(self.before);
        Ok(untouched || (self.begins_as_read)(&mut self.file.try_clone()?)?)
    }

    pub(super) fn is(&self, other: &Metadata) -> bool {
        (other.dev(), other.ino()) == (self.before.dev(), self.before.ino())
    }

    /// The file that has its name, open for writing too.
    ///
    /// # Errors
    ///
    /// It is another one, or cannot be written.
    pub(super) fn writable(&self) -> io::Result<File> {
        writable(self.path, self.before)
    }
}

/// Opens a file, and nothing that a link leads to or that blocks.
pub(super) fn open(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true), path)
}

/// The same for writing, if it is the file that was looked at.
pub(super) fn writable(path: &Path, looked: &Metadata) -> io::Result<File> {
    let file = opened(OpenOptions::new().read(true).write(true), path)?;
    let now = file.metadata()?;
    if (now.dev(), now.ino()) == (looked.dev(), looked.ino()) {
        Ok(file)
    } else {
        Err(io::Error::other("another file has its name now"))
    }
}

fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    options.custom_flags(flags).open(path)
}
