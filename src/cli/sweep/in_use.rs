//! Whether another process has a file open for writing.
//!
//! A file that is replaced by another one goes on under its old number for whoever has it open: what they write then is in no
//! file that has a name. Linux tells who has what open, of processes of the same user, or of all to an administrator. What is
//! mapped into memory, and what comes over a network from another machine, is not told, and elsewhere nothing is.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A process that has `file` open for writing.
pub(super) fn writer(file: &Metadata) -> Option<u32> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let mut processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.find(|&process| process != own && writes(process, file))
}

fn writes(process: u32, file: &Metadata) -> bool {
    let folder = Path::new("/proc").join(process.to_string());
    let open = fs::read_dir(folder.join("fd")).into_iter().flatten().filter_map(Result::ok);
    open.into_iter().any(|entry| {
        let same = fs::metadata(entry.path())
            .is_ok_and(|open| (open.dev(), open.ino()) == (file.dev(), file.ino()));
        same && for_writing(&folder.join("fdinfo").join(entry.file_name()))
    })
}

/// Whether the flags in `info` are of a file that can be written. What cannot be told counts as yes.
fn for_writing(info: &Path) -> bool {
    let Ok(text) = fs::read_to_string(info) else { return true };
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_none_or(|flags| flags & 3 != 0)
}
