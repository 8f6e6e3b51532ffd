//! What a file has beside its bytes.

use std::fs::{File, FileTimes, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown};

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

/// The longest list of attributes, and the longest value of one, that Linux has.
const LONGEST: usize = 64 << 10;

/// Gives `new` what `old` has: owner, attributes, mode, and these times if there are some.
///
/// # Errors
///
/// Something of it cannot be kept.
pub(super) fn keep(
    (old, before): (&File, &Metadata),
    new: &File,
    times: Option<FileTimes>,
) -> io::Result<()> {
    let owner = new.metadata()?;
    if (owner.uid(), owner.gid()) != (before.uid(), before.gid()) {
        fchown(new, Some(before.uid()), Some(before.gid()))
            .map_err(|_| io::Error::other("its owner cannot be kept"))?;
    }
    extended(old, new)?;
    new.set_permissions(before.permissions())?;
    times.map_or(Ok(()), |times| new.set_times(times))
}

/// Access lists, labels, what somebody noted. What `new` has and `old` has not came from its folder.
fn extended(old: &File, new: &File) -> io::Result<()> {
    let (kept, given) = (names(old)?, names(new)?);
    for name in given.iter().filter(|name| !kept.contains(name)) {
        let removed = fremovexattr(new, &**name);
        // Labels of the system's own, which nobody may take away.
        if !name.starts_with(b"security.") {
            removed.map_err(|error| lost(name, error))?;
        }
    }
    let mut value = vec![0_u8; LONGEST];
    for name in &kept {
        let length = fgetxattr(old, &**name, &mut value[..])?;
        fsetxattr(new, &**name, &value[..length], XattrFlags::empty())
            .map_err(|error| lost(name, error))?;
    }
    Ok(())
}

/// A file system that has no attributes has none to keep.
fn names(file: &File) -> io::Result<Vec<Vec<u8>>> {
    let mut names = vec![0_u8; LONGEST];
    let length = match flistxattr(file, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => 0,
        Err(error) => return Err(error.into()),
    };
    let names = names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(<[u8]>::to_vec).collect())
}

fn lost(name: &[u8], error: Errno) -> io::Error {
    let name = String::from_utf8_lossy(name);
    io::Error::other(format!("its attribute {name} cannot be kept as it is: {error}"))
}

/// The times of a file.
pub(super) fn times(of: &Metadata) -> io::Result<FileTimes> {
    Ok(FileTimes::new().set_accessed(of.accessed()?).set_modified(of.modified()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An access list as Linux keeps it: version 2, and entries of a tag, rights and who.
    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, rights, who) in entries {
            list.extend([tag.to_le_bytes(), rights.to_le_bytes()].concat());
            list.extend(who.to_le_bytes());
        }
        list
    }

    #[test]
    fn what_a_folder_gives_to_new_files_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = File::create(folder.path().join("old")).expect("created");
        let none = u32::MAX;
        let all = [(1, 7, none), (2, 7, 12345), (4, 7, none), (16, 7, none), (32, 0, none)];
        let opened = File::open(folder.path()).expect("a folder");
        let name = "system.posix_acl_default";
        if fsetxattr(&opened, name, &list(&all), XattrFlags::empty()).is_err() {
            // A file system without access lists.
            return;
        }
        let new = File::create(folder.path().join("new")).expect("created");
        assert!(!names(&new).expect("readable").is_empty());
        let before = old.metadata().expect("there");
        keep((&old, &before), &new, None).expect("kept");
        assert_eq!(names(&new).expect("readable"), names(&old).expect("readable"));
        let mode = |file: &File| file.metadata().expect("there").mode();
        assert_eq!(mode(&new), mode(&old));
    }
}
