//! New bytes under an old number: all names of a file have them. A crash in between leaves half of both.

use std::fs::{File, FileTimes};
use std::io;
use std::os::unix::fs::FileExt as _;

use keepmum::sweep::SweepError;
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::beside::Beside;
use super::late::{Tail, behind};
use super::old::Old;
use super::rewrite::refused;

/// Size of a write.
const CHUNK: usize = 256 << 10;

/// Writes the bytes of `new` into `old`, with what `tail` makes of those that are appended meanwhile. `false` if somebody
/// wrote to it before: then nothing was changed.
///
/// # Errors
///
/// Something cannot be read or written. If something was written already the new file is kept, and told of.
pub(super) fn overwrite(
    old: &Old<'_>,
    new: Beside,
    times: Option<FileTimes>,
    tail: &Tail<'_>,
) -> Result<bool, SweepError> {
    let file = old.writable()?;
    reserve(&file, new.file().metadata()?.len())?;
    if file.metadata()?.len() != old.length || !old.is_at(old.path)? {
        return Ok(false);
    }
    let written = write(old.length, &file, new.file(), tail).and_then(|()| {
        times.map_or(Ok(()), |times| file.set_times(times))?;
        Ok(file.sync_all()?)
    });
    match written {
        Ok(()) => Ok(true),
        Err(error) => {
            let kept = new.keep(old.path);
            Err(refused(format_args!("it is half written: {error}; what it was to be is {kept}")))
        }
    }
}

/// Takes room on the disk for all that is to be written, before anything is. A file system that cannot has to do without.
fn reserve(file: &File, length: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, length.max(1)) {
        Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Up to the old end first: what others append meanwhile stands behind it, and is put behind the new end.
fn write(old: u64, file: &File, new: &File, tail: &Tail<'_>) -> Result<(), SweepError> {
    let length = new.metadata()?.len();
    copy(new, file, 0, old.min(length))?;
    let appended = behind(file, old)?;
    let come = old + appended.len() as u64;
    let tail = if appended.is_empty() { appended } else { tail(&appended)? };
    copy(new, file, old.min(length), length)?;
    file.write_all_at(&tail, length)?;
    let end = length + tail.len() as u64;
    if file.metadata()?.len() != come.max(end) {
        return Err(refused("somebody goes on writing to it"));
    }
    Ok(file.set_len(end)?)
}

fn copy(from: &File, to: &File, mut at: u64, end: u64) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    while at < end {
        let size = (end - at).min(CHUNK as u64) as usize;
        from.read_exact_at(&mut chunk[..size], at)?;
        to.write_all_at(&chunk[..size], at)?;
        at += size as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_appended_meanwhile_stands_behind_the_new_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("old"), folder.path().join("new"));
        let upper = |tail: &[u8]| Ok(tail.to_ascii_uppercase());
        for new in ["short", "as long!", "longer than it was, by far"] {
            for tail in ["", "+", "+ more than the new one has more"] {
                fs::write(&path, format!("old text{tail}")).expect("written");
                fs::write(&other, new).expect("written");
                let file = File::options().read(true).write(true).open(&path).expect("there");
                write(8, &file, &File::open(&other).expect("there"), &upper).expect("written");
                let expected = format!("{new}{}", tail.to_uppercase());
                assert_eq!(fs::read_to_string(&path).expect("there"), expected);
            }
        }
    }
}
