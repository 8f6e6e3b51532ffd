//! Which files a source depends on, and which sources a change concerns.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::Sender;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::driver::Message;

/// Most links that one path is followed through.
const LINKS: usize = 40;

/// The watched files of all sources.
///
/// A watch is on folders, never on files: whoever replaces a file by another, or a link by another, changes a folder. The
/// mount of an orchestrator is swapped in this way: `password` is a link to `..data/password`, `..data` one to a folder
/// with a date, and the next version is another folder and another `..data`.
pub(super) struct Watch {
    /// None until something is to be watched.
    watcher: Option<RecommendedWatcher>,
    tell: Sender<Message>,
    /// By source.
    places: Vec<Places>,
}

/// Folders, and the names in them that matter; none: every name.
type Places = BTreeSet<(PathBuf, Option<OsString>)>;

/// What changed.
pub(super) enum Change {
    Paths(Vec<PathBuf>),
    /// Events were lost.
    Anything,
}

/// Whether other places are watched than before: then a change in between may have been missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Armed {
    AsBefore,
    Anew,
}

impl Watch {
    pub(super) fn new(sources: usize, tell: Sender<Message>) -> Self {
        Self { watcher: None, tell, places: vec![Places::new(); sources] }
    }

    /// Watches `paths` for a source, as they lie now.
    ///
    /// # Errors
    ///
    /// The system refuses, for instance because there are too many watches.
    pub(super) fn arm(&mut self, source: usize, paths: &[PathBuf]) -> notify::Result<Armed> {
        let mut places = Places::new();
        for path in paths {
            lay_out(&std::path::absolute(path).map_err(notify::Error::io)?, &mut places);
        }
        let before = self.folders();
        let armed = if places == self.places[source] { Armed::AsBefore } else { Armed::Anew };
        self.places[source] = places;
        let folders = self.folders();
        if folders.is_empty() && before.is_empty() {
            return Ok(armed);
        }
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            None => self.watcher.insert(watcher(self.tell.clone())?),
        };
        // A watch may be gone already, with its folder.
        before.difference(&folders).for_each(|folder| drop(watcher.unwatch(folder)));
        // Those of before too: another folder may stand under the same name.
        for (folder, _) in &self.places[source] {
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                // It went away since it was laid out, so it is to be laid out again.
                Err(error) if is_missing(&error) => return Ok(Armed::Anew),
                Err(error) => return Err(error),
            }
        }
        Ok(armed)
    }

    /// The sources that `change` concerns.
    pub(super) fn concerned(&self, change: &Change) -> Vec<usize> {
        let concerns = |places: &Places| match change {
            Change::Anything => !places.is_empty(),
            Change::Paths(paths) => paths.iter().any(|path| matters(places, path)),
        };
        (0..self.places.len()).filter(|&source| concerns(&self.places[source])).collect()
    }

    fn folders(&self) -> BTreeSet<PathBuf> {
        self.places.iter().flatten().map(|(folder, _)| folder.clone()).collect()
    }
}

fn watcher(tell: Sender<Message>) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let change = match event {
            // Reading is an event too, and every refresh reads.
            Ok(event) if is_reading(event.kind) => return,
            Ok(event) if event.need_rescan() || event.paths.is_empty() => Change::Anything,
            Ok(event) => Change::Paths(event.paths),
            Err(_) => Change::Anything,
        };
        let _ = tell.send(Message::Changed(change));
    })
}

fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

fn is_reading(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind.is_access() && kind != written
}

fn matters(places: &Places, path: &Path) -> bool {
    let beside = path.parent().is_some_and(|folder| {
        let folder = folder.to_owned();
        let name = path.file_name().map(OsString::from);
        places.contains(&(folder.clone(), name)) || places.contains(&(folder, None))
    });
    beside || places.iter().any(|(folder, _)| folder == path)
}

/// Where a change of what stands at `path` shows: in the folder of each link on the way, in that of the file at the end
/// and, if that is a folder, in it and wherever its entries lead.
fn lay_out(path: &Path, places: &mut Places) {
    let end = follow(path, places);
    let Ok(entries) = fs::read_dir(&end) else { return };
    // A folder that leads back to itself is laid out once.
    if places.insert((end, None)) {
        entries.flatten().for_each(|entry| lay_out(&entry.path(), places));
    }
}

/// Follows an absolute `path` link by link to where it ends, or to what is not there.
fn follow(path: &Path, places: &mut Places) -> PathBuf {
    let (mut ahead, mut at, mut links) = (reversed(path), PathBuf::new(), 0);
    while let Some(part) = ahead.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        match fs::read_link(&next) {
            Ok(target) if links < LINKS => {
                places.insert((at.clone(), Some(part)));
                // An absolute target begins with the root, and `join` starts again there.
                ahead.extend(reversed(&target));
                links += 1;
            }
            _ if ahead.is_empty() || !next.exists() => {
                places.insert((at, Some(part)));
                return next;
            }
            _ => at = next,
        }
    }
    at
}

/// The parts of a path, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.rev().map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn every_link_on_the_way_is_laid_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("there");
        fs::create_dir(root.join("..v1")).expect("made");
        fs::write(root.join("..v1/pw"), "x").expect("written");
        symlink("..v1", root.join("..data")).expect("linked");
        symlink("..data/pw", root.join("pw")).expect("linked");
        let mut places = Places::new();
        lay_out(&root.join("pw"), &mut places);
        let named = |folder: &Path, name: &str| (folder.to_owned(), Some(OsString::from(name)));
        let expected =
            [named(&root, "pw"), named(&root, "..data"), named(&root.join("..v1"), "pw")];
        assert_eq!(places, Places::from(expected));
        fs::create_dir_all(root.join("a/b")).expect("made");
        symlink("../pw", root.join("a/up")).expect("linked");
        assert_eq!(follow(&root.join("a/up"), &mut Places::new()), root.join("..v1/pw"));
        lay_out(&root, &mut places);
        let all = ["another", "a/b/another", "..v1/another"];
        assert!(all.iter().all(|name| matters(&places, &root.join(name))));
        assert!(matters(&places, &root) && !matters(&places, &root.join("b/another")));
    }

    #[test]
    fn what_is_not_there_yet_is_waited_for_and_circles_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("there");
        symlink("circle", root.join("circle")).expect("linked");
        let mut places = Places::new();
        lay_out(&root.join("later/pw"), &mut places);
        lay_out(&root.join("circle"), &mut places);
        assert!(matters(&places, &root.join("later")) && matters(&places, &root.join("circle")));
        assert!(!matters(&places, &root.join("other")));
    }

    #[test]
    fn a_watch_that_is_armed_again_is_as_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut watch = Watch::new(2, channel().0);
        let paths = [folder.path().join("pw")];
        assert_eq!(watch.arm(0, &[]).expect("armed"), Armed::AsBefore);
        assert_eq!(watch.arm(1, &paths).expect("armed"), Armed::Anew);
        assert_eq!(watch.arm(1, &paths).expect("armed"), Armed::AsBefore);
        assert_eq!(watch.concerned(&Change::Paths(paths.to_vec())), [1]);
        assert_eq!(watch.concerned(&Change::Anything), [1]);
    }
}
