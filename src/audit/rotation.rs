//! Full files get numbers; the name is never without a file, and the file never without its lock.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::num::NonZeroU16;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Makes `path` the youngest full file and begins a new one in its place.
///
/// 1. A new file is made beside it and locked.
/// 2. Full files move up by one number; the oldest goes.
/// 3. The file gets its number as a second name.
/// 4. The new file takes over the name.
///
/// A crash between 3 and 4 leaves a file with two names, which [`resume`] undoes.
pub(super) fn rotate(path: &Path, keep: NonZeroU16) -> io::Result<File> {
    let fresh = with_suffix(path, "new");
    remove_if_there(&fresh)?;
    let file =
        OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(&fresh)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    for number in (1..keep.get()).rev() {
        match fs::rename(numbered(path, number), numbered(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let full = numbered(path, 1);
    remove_if_there(&full)?;
    fs::hard_link(path, &full)?;
    fs::rename(&fresh, path)?;
    sync_folder(path)?;
    Ok(file)
}

/// Takes back the second name of `file` at `path`, if a rotation was interrupted after giving it.
pub(super) fn resume(path: &Path, file: &File) -> io::Result<()> {
    let full = numbered(path, 1);
    match is_at(file, &full) {
        Ok(true) => fs::remove_file(full),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The name of a full file.
pub(super) fn numbered(path: &Path, number: u16) -> PathBuf {
    with_suffix(path, &number.to_string())
}

/// Whether `file` is the one at `path`.
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (own, there) = (file.metadata()?, fs::metadata(path)?);
    Ok((own.dev(), own.ino()) == (there.dev(), there.ino()))
}

/// Waits until the names in the folder of `path` are on the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(suffix);
    name.into()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
