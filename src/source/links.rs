//! Paths that lead through links, as orchestrators mount them: a link is swapped, and other bytes stand under the path.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// More links in one path than the kernel follows.
const MOST_LINKS: usize = 40;

/// The folders in which a change can make `path` lead to other bytes: its own, and that of every link on the way.
pub(super) fn watched(path: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let mut reached = PathBuf::new();
    let mut ahead: Vec<OsString> = reversed(path).collect();
    let mut links = 0;
    while let Some(name) = ahead.pop() {
        // What was reached holds no link, so that `..` leads where it seems to.
        if name == ".." && reached.file_name().is_some() {
            reached.pop();
            continue;
        }
        let next = reached.join(&name);
        match fs::read_link(&next) {
            Ok(target) if links < MOST_LINKS => {
                links += 1;
                add(&mut folders, parent(&next));
                ahead.extend(reversed(&target));
            }
            _ => reached = next,
        }
    }
    add(&mut folders, parent(&reached));
    folders
}

/// The parts of `path`, the last one first.
fn reversed(path: &Path) -> impl Iterator<Item = OsString> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.rev().map(|part| part.as_os_str().to_owned())
}

fn add(folders: &mut Vec<PathBuf>, folder: PathBuf) {
    if !folders.contains(&folder) {
        folders.push(folder);
    }
}

/// The folder that a path stands in.
fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) => PathBuf::from("."),
        None => path.to_owned(),
    }
}
