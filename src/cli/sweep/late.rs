//! What a program writes to a file that has lost its place: it had opened it before.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use keepmum::sweep::SweepError;

use super::beside::New;
use super::in_use;
use super::rewrite::refused;

/// How often it is looked whether somebody still writes to the old file, and how long it is waited in between.
const LOOKS: usize = 100;
const BETWEEN: Duration = Duration::from_millis(20);

/// What becomes of what was appended to a file.
pub(super) type Tail<'a> = dyn Fn(&[u8]) -> Result<Vec<u8>, SweepError> + 'a;

/// A file that another one took the place of.
pub(super) struct Late<'a> {
    pub(super) path: &'a Path,
    pub(super) old: &'a File,
    /// How much of it the new one was made of.
    pub(super) done: u64,
    /// What becomes of what stands behind that.
    pub(super) tail: &'a Tail<'a>,
}

impl Late<'_> {
    /// Appends to `new` what comes to the old file, until nobody writes to it. Then the old file goes.
    ///
    /// # Errors
    ///
    /// What came cannot be read or written, or somebody goes on writing. Then the old file is kept.
    pub(super) fn run(&self, new: New) -> Result<(), SweepError> {
        match self.settle(new.file()) {
            Ok(()) => Ok(()),
            Err(error) => {
                let kept = new.keep_old(self.path);
                Err(refused(format_args!("it was swept, but {error}; the old file is {kept}")))
            }
        }
    }

    fn settle(&self, new: &File) -> Result<(), SweepError> {
        for look in 1..=LOOKS {
            let writer = in_use::writer(&self.old.metadata()?);
            // A line that is being written is not cut in two. What was written until nobody wrote is there now.
            if writer.is_none() || look == LOOKS {
                self.append(new)?;
            }
            match writer {
                None => break,
                Some(_) if look < LOOKS => std::thread::sleep(BETWEEN),
                Some(process) => {
                    return Err(refused(format_args!("process {process} goes on writing to it")));
                }
            }
        }
        Ok(())
    }

    fn append(&self, mut new: &File) -> Result<(), SweepError> {
        let tail = behind(self.old, self.done)?;
        if !tail.is_empty() {
            new.write_all(&(self.tail)(&tail)?)?;
            new.sync_all()?;
        }
        Ok(())
    }
}

/// What stands behind `done` in a file.
pub(super) fn behind(file: &File, done: u64) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len().saturating_sub(done);
    let mut tail = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut tail, done)?;
    Ok(tail)
}
