//! The folders that are watched: they may come, go, and come again.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::SystemTime;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::options::PlaceArgs;
use super::{shown, walk};
use crate::cli::exit::{Exit, Failure};

/// What is told of files.
pub(super) enum Told {
    Paths(Vec<PathBuf>),
    /// It is gone, or has another name: if it was watched it is not any more.
    Gone(PathBuf),
    /// Something was not told: all is looked at.
    Lost,
    /// Something cannot be watched, and why.
    Blind(String),
}

/// Which folder it is: a number may be given anew.
type Id = (u64, u64, Option<SystemTime>);

/// What is watched.
pub(super) struct Roots {
    watcher: RecommendedWatcher,
    watched: BTreeMap<PathBuf, (Depth, Id)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Of a file that was given the folder that it is in.
    Folder,
    Tree,
}

impl Roots {
    /// Watches what was given, and tells what happens.
    ///
    /// # Errors
    ///
    /// Something that was named is not there, or cannot be watched.
    pub(super) fn watch(places: &PlaceArgs, tell: Sender<Told>) -> Result<Self, Failure> {
        for path in &places.paths {
            let missing = |error| Failure::usage(format_args!("{}: {error}", shown(path)));
            path.canonicalize().map_err(missing)?;
        }
        let hear = move |event| heard(event).into_iter().for_each(|told| drop(tell.send(told)));
        let watcher = notify::recommended_watcher(hear).map_err(|error| failed(&error))?;
        let mut roots = Self { watcher, watched: BTreeMap::new() };
        let (error, _) = roots.renew(places)?;
        error.map_or(Ok(roots), |error| Err(failed(&error)))
    }

    /// Watches what has come since. Gives why something cannot be watched, and whether something has come.
    ///
    /// # Errors
    ///
    /// The agents that were given are not known.
    pub(super) fn renew(
        &mut self,
        places: &PlaceArgs,
    ) -> Result<(Option<notify::Error>, bool), Failure> {
        let given = places.paths.iter().cloned().chain(walk::places(places)?);
        let mut wanted = BTreeMap::new();
        for (path, depth) in given.filter_map(|path| root(&path)) {
            let known = wanted.entry(path).or_insert(depth);
            *known = depth.max(*known);
        }
        let trees = wanted.iter().filter(|(_, depth)| **depth == Depth::Tree);
        let trees: Vec<PathBuf> = trees.map(|(path, _)| path.clone()).collect();
        // What lies in a tree is watched with it.
        wanted.retain(|path, _| !trees.iter().any(|tree| path != tree && path.starts_with(tree)));
        let (mut failed, mut news) = (None, false);
        for (path, depth) in wanted {
            match self.one(path, depth) {
                Ok(new) => news |= new,
                Err(error) => failed = Some(error),
            }
        }
        Ok((failed, news))
    }

    /// Watches a folder. `false` if it is watched already.
    fn one(&mut self, path: PathBuf, depth: Depth) -> notify::Result<bool> {
        let Some(id) = id(&path) else { return Ok(false) };
        if self.watched.get(&path) == Some(&(depth, id)) {
            return Ok(false);
        }
        if self.watched.remove(&path).is_some() {
            // Of a folder that is gone nothing is watched.
            let _ = self.watcher.unwatch(&path);
        }
        let mode = match depth {
            Depth::Folder => RecursiveMode::NonRecursive,
            Depth::Tree => RecursiveMode::Recursive,
        };
        self.watcher.watch(&path, mode)?;
        self.watched.insert(path, (depth, id));
        Ok(true)
    }

    /// A path is gone.
    pub(super) fn gone(&mut self, path: &Path) {
        if self.watched.remove(path).is_some() {
            let _ = self.watcher.unwatch(path);
        }
    }
}

/// The folder to watch for a path, if it is there.
fn root(path: &Path) -> Option<(PathBuf, Depth)> {
    let real = path.canonicalize().ok()?;
    Some(match real.parent() {
        Some(folder) if !real.is_dir() => (folder.to_owned(), Depth::Folder),
        _ => (real, Depth::Tree),
    })
}

fn id(folder: &Path) -> Option<Id> {
    let metadata = std::fs::metadata(folder).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.created().ok()))
}

fn failed(error: &notify::Error) -> Failure {
    Failure::new(Exit::Io, format_args!("watching: {error}"))
}

/// What an event tells.
fn heard(event: notify::Result<notify::Event>) -> Vec<Told> {
    let event = match event {
        Ok(event) => event,
        Err(error) => return vec![Told::Blind(error.to_string()), Told::Lost],
    };
    if event.need_rescan() {
        return vec![Told::Lost];
    }
    // Reading is an event too, and every sweep reads.
    if is_reading(event.kind) {
        return Vec::new();
    }
    let from = EventKind::Modify(ModifyKind::Name(RenameMode::From));
    let gone = event.kind.is_remove() || event.kind == from;
    let gone = event.paths.iter().filter(|_| gone).cloned().map(Told::Gone);
    let mut told: Vec<Told> = gone.collect();
    told.push(Told::Paths(concerned(event)));
    told
}

/// The paths of an event. Of folders only those that appeared are of interest: what happens in one is told by itself.
fn concerned(event: notify::Event) -> Vec<PathBuf> {
    let appears =
        event.kind.is_create() || matches!(event.kind, EventKind::Modify(ModifyKind::Name(_)));
    event.paths.into_iter().filter(|path| appears || !is_folder(path)).collect()
}

fn is_reading(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind.is_access() && kind != written
}

pub(super) fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}
