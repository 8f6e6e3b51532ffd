//! How a file stands, and what lies beside it: what they were when they were last looked at.

use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What SQLite writes before it writes the file.
pub(super) const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// A file, and what of a database's last changes is not in it yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    own: One,
    beside: [Option<One>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct One {
    id: (u64, u64),
    length: u64,
    time: (i64, i64),
}

impl Stamp {
    /// None if there is no such file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let own = One::of(&std::fs::symlink_metadata(path).ok()?);
        let beside = BESIDE.map(|end| {
            let metadata = std::fs::symlink_metadata(beside(path, end)).ok()?;
            // Reading a database may make an empty one.
            (metadata.len() > 0).then(|| One::of(&metadata))
        });
        Some(Self { own, beside })
    }
}

impl One {
    fn of(metadata: &Metadata) -> Self {
        Self {
            id: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            time: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_log_beside_a_database_counts_if_something_is_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        fs::write(&path, "").expect("written");
        let alone = Stamp::of(&path);
        let log = folder.path().join("a.db-wal");
        fs::write(&log, "").expect("written");
        assert!(alone == Stamp::of(&path));
        fs::write(&log, "something").expect("written");
        assert!(alone != Stamp::of(&path));
    }
}
