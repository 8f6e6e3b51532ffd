//! `keepmum watch`: files are swept once they are quiet.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use keepmum::store::SecretStore;

use super::clean::Clean;
use super::file::{How, Outcome};
use super::noted::Detail;
use super::options::{SweepFormat, WatchArgs};
use super::roots::{Roots, Told, is_folder};
use super::stamp::Stamp;
use super::walk::{self, TEMPORARY, Target};
use super::{Stop, beside, caught, journal, key, secrets_from, shown, sweeper, text};
use crate::cli::args::Args;
use crate::cli::exit::{Exit, Failure};
use crate::cli::messages::{Color, Kind, say};
use crate::cli::passing::Known;
use crate::cli::settings::Settings;
use crate::cli::signals;

/// How often it is looked which files are quiet.
const TICK: Duration = Duration::from_millis(200);

/// How often it is looked which of the folders that were given are there.
const ROOTS: Duration = Duration::from_secs(2);

/// How often all is looked at if something cannot be watched.
const BLIND: Duration = Duration::from_secs(60);

/// Files that say what is swept.
const RULES: [&str; 2] = [".gitignore", ".ignore"];

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
        again: true,
        over: Box::new(move || over.came() != 0),
    };
    let (tell, told) = channel();
    // Watched before they are looked for: what comes in between is not missed.
    let roots = Roots::watch(&watch.places, tell)?;
    let (sources, files, folders) = (secrets_from(args)?, HashMap::new(), Vec::new());
    let (color, blind) = (args.color, None);
    let mut watching = Watching { watch, how, store, sources, color, roots, files, folders, blind };
    watching.all()?;
    let _ = writeln!(io::stderr().lock(), "keepmum: watching {} files", watching.files.len());
    watching.run(&told, &stop)?;
    Ok(Exit::Signal(stop.came()))
}

/// What is known of a file.
#[derive(Default)]
struct Watched {
    /// When it is looked at, if it is to be.
    due: Option<Instant>,
    /// Whether it is swept; none if nobody asked yet.
    wanted: Option<bool>,
    /// How it was when it was found to have nothing to change, if that can be told.
    clean: Option<(Stamp, Option<Clean>)>,
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
    roots: Roots,
    files: HashMap<PathBuf, Watched>,
    /// Folders that appeared, and when they are looked through again: what comes into one before it is watched is not told.
    folders: Vec<(Instant, PathBuf)>,
    /// When all is looked at again, if something cannot be watched.
    blind: Option<Instant>,
}

impl Watching<'_> {
    /// All files are due.
    fn all(&mut self) -> Result<(), Failure> {
        self.files.values_mut().for_each(|file| file.wanted = None);
        for target in walk::targets(&self.watch.places, &self.sources)? {
            match target {
                Target::File(path) => {
                    let path = path.canonicalize().unwrap_or(path);
                    let file = self.files.entry(path).or_default();
                    (file.due, file.wanted) = (Some(Instant::now()), Some(true));
                }
                Target::Home(_) => {}
                Target::Made(path) => {
                    beside::clear(&path);
                }
                Target::Refused(path, why) => self.say_once(&path, &why),
            }
        }
        Ok(())
    }

    /// Says why a file is not swept, unless that was said last.
    fn say_once(&mut self, path: &Path, why: &str) {
        let file = self.files.entry(path.to_owned()).or_default();
        if file.said.as_deref() != Some(why) {
            say(self.color, Kind::Warning, &format!("{}: {why}", shown(path)));
            file.said = Some(why.to_owned());
        }
    }

    fn run(&mut self, told: &Receiver<Told>, stop: &Stop) -> Result<(), Failure> {
        let mut generation = self.store.generation();
        let mut roots = Instant::now() + ROOTS;
        while stop.came() == 0 {
            let first = match told.recv_timeout(TICK) {
                Ok(told) => Some(told),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new(Exit::Io, "watching: it has ended"));
                }
            };
            for told in first.into_iter().chain(told.try_iter()) {
                self.told(told)?;
            }
            if self.store.generation() != generation {
                generation = self.store.generation();
                self.renew()?;
            }
            if roots <= Instant::now() {
                self.look_for_roots()?;
                roots = Instant::now() + ROOTS;
            }
            self.sweep_due(stop)?;
        }
        Ok(())
    }

    fn told(&mut self, told: Told) -> Result<(), Failure> {
        match told {
            Told::Paths(paths) => {
                for path in paths {
                    self.changed(&path)?;
                }
            }
            Told::Gone(path) => self.roots.gone(&path),
            Told::Lost => self.all()?,
            Told::Blind(why) => self.blind(&why),
        }
        Ok(())
    }

    /// Something cannot be watched. It is swept all the same, only later.
    fn blind(&mut self, why: &str) {
        if self.blind.is_none() {
            let seconds = BLIND.as_secs();
            let text = format!("watching: {why}; all is looked at every {seconds} s");
            say(self.color, Kind::Error, &text);
            self.blind = Some(Instant::now() + BLIND);
        }
    }

    /// Folders that have come are watched. If something cannot be watched it is tried no more often than all is looked at.
    fn look_for_roots(&mut self) -> Result<(), Failure> {
        let (now, blind) = (Instant::now(), self.blind.is_some());
        if self.blind.is_some_and(|due| due > now) {
            return Ok(());
        }
        let (failed, news) = self.roots.renew(&self.watch.places)?;
        if let Some(error) = failed {
            self.blind(&error.to_string());
        }
        if blind {
            self.blind = Some(now + BLIND);
        }
        if news || blind { self.all() } else { Ok(()) }
    }

    /// Other secrets are known: what was clean may not be.
    fn renew(&mut self) -> Result<(), Failure> {
        self.how.sweeper.set(self.store.redactor());
        self.files.values_mut().for_each(|file| file.clean = None);
        self.all()
    }

    /// Something happened to `path`.
    fn changed(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source = self.sources.iter().any(|source| path.starts_with(source));
        if source || name.starts_with(TEMPORARY) || path.components().any(is_git) {
            return Ok(());
        }
        if RULES.contains(&&*name) && walk::is_under(path, &self.watch.places) {
            self.all()?;
        }
        if is_folder(path) {
            self.folders.push((Instant::now() + self.watch.quiet.0, path.to_owned()));
            return entries(path).iter().try_for_each(|path| self.changed(path));
        }
        let path = walk::database_of(path).unwrap_or_else(|| path.to_owned());
        if self.may_be_wanted(&path) {
            let due = Instant::now() + self.watch.quiet.0;
            self.files.entry(path).or_default().due = Some(due);
        }
        Ok(())
    }

    /// Whether a file may be one that is swept. Of a folder that holds a file that was named, others are not.
    fn may_be_wanted(&self, path: &Path) -> bool {
        if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            return false;
        }
        let known = self.files.get(path).map(|file| file.wanted.is_none_or(|wanted| wanted));
        known.unwrap_or_else(|| walk::is_under(path, &self.watch.places))
    }

    /// Whether a file is swept, as the walk says that obeys ignore files.
    fn is_wanted(&mut self, path: &Path) -> Result<bool, Failure> {
        if let Some(wanted) = self.files.get(path).and_then(|file| file.wanted) {
            return Ok(wanted);
        }
        let wanted = walk::is_target(path, &self.watch.places, &self.sources)?;
        self.files.entry(path.to_owned()).or_default().wanted = Some(wanted);
        Ok(wanted)
    }

    fn sweep_due(&mut self, stop: &Stop) -> Result<(), Failure> {
        let now = Instant::now();
        let folders: Vec<_> = self.folders.extract_if(.., |(due, _)| *due <= now).collect();
        // Folders in them appeared themselves.
        let files = folders.iter().flat_map(|(_, folder)| entries(folder));
        let files: Vec<_> = files.filter(|path| !is_folder(path)).collect();
        files.iter().try_for_each(|path| self.changed(path))?;
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
        if !self.is_wanted(path)? {
            return Ok(());
        }
        let file = self.files.entry(path.to_owned()).or_default();
        let clean = file.clean.take_if(|(then, _)| *then != stamp);
        if file.clean.is_some() {
            return Ok(());
        }
        let clean = clean.and_then(|(_, clean)| clean);
        match caught(|| self.how.sweep(path, clean.as_ref())) {
            Outcome::Swept { noted, clean, .. } => {
                let told = text(&shown(path), &noted, None);
                crate::cli::print(told.as_bytes())?;
                file.said = None;
                // A file that was replaced is looked at once more: how it was when it was read nobody can tell any more.
                match noted.changed {
                    0 => file.clean = Some((stamp, clean)),
                    _ => file.due = Some(Instant::now() + self.watch.quiet.0),
                }
            }
            Outcome::Skipped => file.clean = Some((stamp, None)),
            Outcome::Stopped | Outcome::Cleared => {}
            Outcome::Refused(why) => {
                file.due = Some(Instant::now() + self.watch.quiet.0);
                self.say_once(path, &why);
            }
        }
        Ok(())
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).collect()
}

fn is_git(part: std::path::Component<'_>) -> bool {
    part.as_os_str() == ".git"
}
