//! `keepmum watch`: files are swept once they are quiet.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use keepmum::store::SecretStore;
use keepmum::sweep::{Kind as Form, is_home};
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::file::{How, Outcome, Stamp};
use super::noted::Detail;
use super::options::{SweepFormat, WatchArgs};
use super::walk::{self, TEMPORARY, Target};
use super::{Stop, caught, journal, key, secrets_from, shown, sweeper, text};
use crate::cli::args::Args;
use crate::cli::exit::{Exit, Failure};
use crate::cli::messages::{Color, Kind, say};
use crate::cli::passing::Known;
use crate::cli::settings::Settings;
use crate::cli::signals;

/// How often it is looked which files are quiet.
const TICK: Duration = Duration::from_millis(200);

/// What is read again before bytes that were appended: as much as a known secret is long at most, and more.
const WINDOW: u64 = (1 << 20) + (64 << 10);

/// Sweeps until a signal comes.
pub(crate) fn run(args: &Args, watch: &WatchArgs) -> Result<Exit, Failure> {
    let settings = crate::cli::said(args, Settings::kept(args)?);
    let Known::Kept(store) = settings.known else { unreachable!("all sources are kept") };
    let failed = |error: io::Error| Failure::io("signals", error);
    let stop = Stop::listen().map_err(failed)?;
    signals::refresh_on_hangup(store.clone()).map_err(failed)?;
    let over = stop.clone();
    let how = How {
        sweeper: sweeper(store.redactor(), key(args, &watch.how)?, &watch.how),
        journal: journal(&watch.how)?,
        dry_run: false,
        detail: Detail::of(SweepFormat::Text, settings.audit.is_some()),
        audit: settings.audit,
        in_place: watch.how.in_place,
        touch: watch.how.touch,
        quiet: watch.quiet.0,
        over: Box::new(move || over.came() != 0),
    };
    let (tell, told) = channel();
    // Watched before they are looked for: what comes in between is not missed.
    let watcher = watcher(&roots(watch)?, tell)?;
    let (sources, files, folders) = (secrets_from(args)?, HashMap::new(), Vec::new());
    let color = args.color;
    let mut watching = Watching { watch, how, store, sources, color, files, folders };
    watching.all()?;
    let _ = writeln!(io::stderr().lock(), "keepmum: watching {} files", watching.files.len());
    watching.run(&told, &stop)?;
    drop(watcher);
    Ok(Exit::Signal(stop.came()))
}

/// What is watched: folders as they are, of a file the folder that it is in.
fn roots(watch: &WatchArgs) -> Result<Vec<(PathBuf, RecursiveMode)>, Failure> {
    let given = watch.places.paths.iter().cloned().chain(walk::places(&watch.places)?);
    let root = |path: PathBuf| {
        let real = path.canonicalize();
        let real =
            real.map_err(|error| Failure::usage(format_args!("{}: {error}", shown(&path))))?;
        Ok(match real.parent() {
            Some(folder) if !real.is_dir() => (folder.to_owned(), RecursiveMode::NonRecursive),
            _ => (real, RecursiveMode::Recursive),
        })
    };
    given.map(root).collect()
}

fn watcher(
    roots: &[(PathBuf, RecursiveMode)],
    tell: Sender<Told>,
) -> Result<RecommendedWatcher, Failure> {
    let failed = |error: notify::Error| Failure::new(Exit::Io, format_args!("watching: {error}"));
    let hear = move |event: notify::Result<notify::Event>| {
        let told = match event {
            // Reading is an event too, and every sweep reads.
            Ok(event) if is_reading(event.kind) => return,
            Ok(event) if !event.need_rescan() => Told::Paths(concerned(event)),
            _ => Told::Lost,
        };
        let _ = tell.send(told);
    };
    let mut watcher = notify::recommended_watcher(hear).map_err(failed)?;
    for (root, mode) in roots {
        watcher.watch(root, *mode).map_err(failed)?;
    }
    Ok(watcher)
}

/// What is told of files.
enum Told {
    Paths(Vec<PathBuf>),
    /// Something was not told: all is looked at.
    Lost,
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

/// What is known of a file.
#[derive(Default)]
struct Watched {
    /// When it is looked at, if it is to be.
    due: Option<Instant>,
    /// How it was when it was found to have nothing to change, and what it is.
    clean: Option<(Stamp, Form)>,
    /// What was said of it last, which is not said again.
    said: Option<String>,
}

struct Watching<'a> {
    watch: &'a WatchArgs,
    how: How,
    store: SecretStore,
    /// Files that the secrets are read from.
    sources: Vec<PathBuf>,
    color: Color,
    files: HashMap<PathBuf, Watched>,
    /// Folders that appeared, and when they are looked through again: what comes into one before it is watched is not told.
    folders: Vec<(Instant, PathBuf)>,
}

impl Watching<'_> {
    /// All files are due.
    fn all(&mut self) -> Result<(), Failure> {
        for target in walk::targets(&self.watch.places, &self.sources)? {
            match target {
                Target::File(path) => {
                    let path = path.canonicalize().unwrap_or(path);
                    self.files.entry(path).or_default().due = Some(Instant::now());
                }
                Target::Home(_) => {}
                Target::Refused(path, why) => {
                    say(self.color, Kind::Error, &format!("{}: {why}", shown(&path)));
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, told: &Receiver<Told>, stop: &Stop) -> Result<(), Failure> {
        let mut generation = self.store.generation();
        while stop.came() == 0 {
            let first = match told.recv_timeout(TICK) {
                Ok(told) => Some(told),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new(Exit::Io, "watching: it has ended"));
                }
            };
            for told in first.into_iter().chain(told.try_iter()) {
                match told {
                    Told::Lost => self.all()?,
                    Told::Paths(paths) => paths.iter().for_each(|path| self.changed(path)),
                }
            }
            if self.store.generation() != generation {
                generation = self.store.generation();
                self.renew()?;
            }
            self.sweep_due(stop)?;
        }
        Ok(())
    }

    /// Other secrets are known: what was clean may not be.
    fn renew(&mut self) -> Result<(), Failure> {
        self.how.sweeper.set(self.store.redactor());
        self.files.values_mut().for_each(|file| file.clean = None);
        self.all()
    }

    /// Something happened to `path`.
    fn changed(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source = self.sources.iter().any(|source| path.starts_with(source));
        if source || name.starts_with(TEMPORARY) || is_home(path) || path.components().any(is_git) {
            return;
        }
        if is_folder(path) {
            self.folders.push((Instant::now() + self.watch.quiet.0, path.to_owned()));
            return entries(path).iter().for_each(|path| self.changed(path));
        }
        let of = ["-wal", "-journal"].iter().find_map(|end| name.strip_suffix(end));
        let path = of.map_or_else(|| path.to_owned(), |name| path.with_file_name(name));
        if self.is_wanted(&path) {
            let due = Instant::now() + self.watch.quiet.0;
            self.files.entry(path).or_default().due = Some(due);
        }
    }

    /// Whether a file is one that is swept. Of a folder that holds a file that was named, others are not.
    fn is_wanted(&self, path: &Path) -> bool {
        if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            return false;
        }
        self.files.contains_key(path) || walk::is_under(path, &self.watch.places)
    }

    fn sweep_due(&mut self, stop: &Stop) -> Result<(), Failure> {
        let now = Instant::now();
        let folders: Vec<_> = self.folders.extract_if(.., |(due, _)| *due <= now).collect();
        // Folders in them appeared themselves.
        let files = folders.iter().flat_map(|(_, folder)| entries(folder));
        files.filter(|path| !is_folder(path)).for_each(|path| self.changed(&path));
        let due = |file: &Watched| file.due.is_some_and(|due| due <= now);
        let paths: Vec<PathBuf> =
            self.files.iter().filter(|(_, file)| due(file)).map(|(path, _)| path.clone()).collect();
        for path in paths {
            if stop.came() != 0 {
                break;
            }
            self.sweep(&path)?;
        }
        Ok(())
    }

    fn sweep(&mut self, path: &Path) -> Result<(), Failure> {
        let Some(stamp) = Stamp::of(path) else {
            self.files.remove(path);
            return Ok(());
        };
        let file = self.files.entry(path.to_owned()).or_default();
        file.due = None;
        let clean = file.clean.take_if(|(then, _)| *then != stamp);
        if file.clean.is_some() {
            return Ok(());
        }
        let from = clean.map_or(0, |(then, form)| from(path, &then, &stamp, form));
        match caught(|| self.how.sweep(path, from)) {
            Outcome::Swept { noted, kind, .. } => {
                let told = text(&shown(path), &noted, None);
                crate::cli::print(told.as_bytes())?;
                file.said = None;
                // A file that was replaced is looked at once more: how it was when it was read nobody can tell any more.
                match noted.changed {
                    0 => file.clean = Some((stamp, kind)),
                    _ => file.due = Some(Instant::now() + self.watch.quiet.0),
                }
            }
            Outcome::Skipped => file.clean = Some((stamp, Form::Binary)),
            Outcome::Stopped => {}
            Outcome::Refused(why) => {
                file.due = Some(Instant::now() + self.watch.quiet.0);
                if file.said.as_ref() != Some(&why) {
                    say(self.color, Kind::Warning, &format!("{}: {why}", shown(path)));
                    file.said = Some(why);
                }
            }
        }
        Ok(())
    }
}

fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).collect()
}

fn is_git(part: std::path::Component<'_>) -> bool {
    part.as_os_str() == ".git"
}

/// Where a file has to be read again that was clean: the beginning of a line, a window before what was appended.
fn from(path: &Path, then: &Stamp, now: &Stamp, form: Form) -> u64 {
    use std::io::{Read as _, Seek as _, SeekFrom};

    let window = then.length.saturating_sub(WINDOW);
    if !then.goes_on_as(now) || !matches!(form, Form::Lines | Form::Text) || window == 0 {
        return 0;
    }
    let line = || -> io::Result<Option<u64>> {
        let mut file = super::file::open(path)?;
        file.seek(SeekFrom::Start(window))?;
        let mut bytes = Vec::new();
        file.take(64 << 10).read_to_end(&mut bytes)?;
        Ok(memchr::memchr(b'\n', &bytes).map(|end| window + end as u64 + 1))
    };
    line().ok().flatten().unwrap_or(0)
}
