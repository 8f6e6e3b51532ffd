//! Which files are swept: those under the given paths, each once.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use keepmum::sweep::{is_database, is_home};

use super::old::open;
use super::options::PlaceArgs;
use crate::cli::exit::Failure;

/// What the names of files begin with that a sweep makes and moves.
pub(super) const TEMPORARY: &str = ".keepmum-sweep-";

/// A file to sweep, or why one is not.
pub(super) enum Target {
    File(PathBuf),
    /// Secrets are at home there.
    Home(PathBuf),
    /// It has the name of a temporary file of a sweep.
    Made(PathBuf),
    Refused(PathBuf, String),
}

impl Target {
    pub(super) fn path(&self) -> &Path {
        let (Self::File(path) | Self::Home(path) | Self::Made(path) | Self::Refused(path, _)) =
            self;
        path
    }
}

/// The files that were asked for. Those that the secrets are read from stay: `sources`, without links.
pub(super) fn targets(args: &PlaceArgs, sources: &[PathBuf]) -> Result<Vec<Target>, Failure> {
    found(args, sources, None)
}

/// Whether the file at `path`, which has no links in it, is one of those: the walk is asked, and goes on its way alone.
pub(super) fn is_target(
    path: &Path,
    args: &PlaceArgs,
    sources: &[PathBuf],
) -> Result<bool, Failure> {
    let found = found(args, sources, Some(path))?;
    Ok(found.iter().any(|target| matches!(target, Target::File(found) if found == path)))
}

fn found(
    args: &PlaceArgs,
    sources: &[PathBuf],
    only: Option<&Path>,
) -> Result<Vec<Target>, Failure> {
    let agents = places(args)?;
    if args.paths.is_empty() && args.agents.is_none() {
        return Err(Failure::usage("name files or folders to sweep, or --agents"));
    }
    let roots = args.paths.iter().filter(|path| !path.is_symlink()).chain(&agents);
    let roots = roots.filter_map(|root| root.canonicalize().ok()).collect();
    let mut walk = Walk { seen: HashSet::new(), targets: Vec::new(), roots, sources, only };
    args.paths.iter().for_each(|path| walk.under(path, Named::ByUser, args.no_ignore));
    agents.iter().for_each(|path| walk.under(path, Named::ByAgent, true));
    Ok(walk.targets)
}

/// Whether a file is one that was given, or lies in a folder that was.
pub(super) fn is_under(path: &Path, args: &PlaceArgs) -> bool {
    let agents = places(args).unwrap_or_default();
    let mut roots = args.paths.iter().chain(&agents).filter_map(|root| root.canonicalize().ok());
    roots.any(|root| path.starts_with(&root))
}

/// What there is of the agents that were asked for.
pub(super) fn places(args: &PlaceArgs) -> Result<Vec<PathBuf>, Failure> {
    let Some(wanted) = &args.agents else { return Ok(Vec::new()) };
    let agents = keepmum::sweep::agents(|name| std::env::var_os(name));
    if let Some(unknown) = wanted.iter().find(|name| !agents.iter().any(|one| one.id == **name)) {
        let known: Vec<_> = agents.iter().map(|agent| agent.id).collect();
        return Err(Failure::usage(format_args!(
            "--agents: no agent `{unknown}`; known are {}",
            known.join(", ")
        )));
    }
    let of =
        agents.into_iter().filter(|one| wanted.is_empty() || wanted.iter().any(|n| n == one.id));
    let places = of.flat_map(|agent| agent.places).filter(|place| place.exists);
    Ok(places.map(|place| place.path).collect())
}

/// Who gave a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    ByUser,
    /// Links on the way to an agent's own place are its user's.
    ByAgent,
}

struct Walk<'a> {
    /// By device and number, so that two jobs never have one file.
    seen: HashSet<(u64, u64)>,
    targets: Vec<Target>,
    /// What was given, without links.
    roots: Vec<PathBuf>,
    sources: &'a [PathBuf],
    /// The one file that is looked for, without links.
    only: Option<&'a Path>,
}

impl Walk<'_> {
    fn under(&mut self, path: &Path, named: Named, no_ignore: bool) {
        let refused = |why: String| Target::Refused(path.to_owned(), why);
        let link = path.is_symlink();
        let Ok(real) = path.canonicalize() else {
            return self.targets.push(refused("it is not there, or cannot be read".to_owned()));
        };
        // A glob of the shell names links too that somebody else put there.
        if link && named == Named::ByUser && !self.roots.iter().any(|root| real.starts_with(root)) {
            let why = format!("it is a link to {}; if that is meant, name it", real.display());
            return self.targets.push(refused(why));
        }
        if self.only.is_some_and(|only| !only.starts_with(&real)) {
            return;
        }
        let path = if link || self.only.is_some() { real.as_path() } else { path };
        match fs::metadata(path) {
            Ok(kind) if kind.is_dir() => self.walk(path, no_ignore),
            Ok(kind) if kind.is_file() => self.file(path.to_owned(), named == Named::ByUser),
            Ok(_) => self.targets.push(refused("it is no file".to_owned())),
            Err(error) => self.targets.push(refused(error.to_string())),
        }
    }

    fn walk(&mut self, folder: &Path, no_ignore: bool) {
        let mut walk = WalkBuilder::new(folder);
        walk.standard_filters(!no_ignore).hidden(false).require_git(false).follow_links(false);
        let only = self.only.map(Path::to_owned);
        // What git holds is checked by its hashes.
        walk.sort_by_file_path(Ord::cmp).filter_entry(move |entry| {
            entry.file_name() != ".git"
                && only.as_ref().is_none_or(|only| only.starts_with(entry.path()))
        });
        for entry in walk.build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    self.file(entry.into_path(), false);
                }
                // A link that leads somewhere below a root is met there too.
                Ok(_) => {}
                Err(error) => {
                    self.targets.push(Target::Refused(folder.to_owned(), error.to_string()));
                }
            }
        }
    }

    fn file(&mut self, path: PathBuf, asked_for: bool) {
        let Ok(metadata) = fs::symlink_metadata(&path) else { return };
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if name.starts_with(TEMPORARY) {
            return self.targets.push(Target::Made(path));
        }
        if database_of(&path).is_some() {
            let why = "it belongs to the database beside it".to_owned();
            if asked_for {
                self.targets.push(Target::Refused(path, why));
            }
            return;
        }
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if self.sources.iter().any(|source| real.starts_with(source)) {
            let why = "secrets are read from it, and would be gone".to_owned();
            let refused = Target::Refused(path.clone(), why);
            return self.targets.push(if asked_for { refused } else { Target::Home(path) });
        }
        let home = !asked_for && is_home(&path);
        self.targets.push(if home { Target::Home(path) } else { Target::File(path) });
    }
}

/// The database beside a file that is SQLite's own and belongs to it.
pub(super) fn database_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let of = ["-wal", "-shm", "-journal"].iter().find_map(|end| name.strip_suffix(end))?;
    let database = path.with_file_name(of);
    let is = open(&database).is_ok_and(|mut file| is_database(&mut file).unwrap_or(false));
    is.then_some(database)
}
