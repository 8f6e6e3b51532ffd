//! `keepmum sweep`: secrets are taken out of files that lie on the disk. `keepmum watch`: as the files grow.

mod attributes;
mod beside;
mod clean;
mod diff;
mod file;
mod in_place;
mod in_use;
mod late;
mod noted;
mod old;
mod options;
mod rewrite;
mod roots;
mod stamp;
mod undo;
mod walk;
mod watch;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use indicatif::ProgressBar;
use keepmum::ReferenceKey;
use keepmum::prompt::{read_key, usual_key};
use keepmum::sweep::{Journal, Sweeper};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

use self::file::{How, Outcome};
use self::noted::{Detail, Noted};
#[cfg(not(feature = "proxy"))]
pub(super) use self::options::KeyTable;
use self::options::{HowArgs, SweepFormat};
pub(super) use self::options::{SweepArgs, WatchArgs};
use self::walk::Target;
pub(super) use self::watch::run as watch;
use super::args::Args;
use super::config::{File, LOCAL, Trust};
use super::exit::{Exit, Failure};
use super::messages::{Color, Kind, say};
use super::progress;
use super::settings::{Settings, in_force};

/// A file that was changed so lately is somebody's work.
const QUIET: Duration = Duration::from_secs(60);

/// Sweeps, and says what came of each file.
pub(super) fn run(args: &Args, sweep: &SweepArgs) -> Result<Exit, Failure> {
    if sweep.list {
        return super::print(list().as_bytes());
    }
    let stop = Stop::listen().map_err(|error| Failure::io("signals", error))?;
    if let Some(journal) = &sweep.undo {
        return undo::run(args, sweep, journal, key(args, &sweep.how)?, &stop);
    }
    let settings = super::said(args, Settings::audited(args, |_, _| Ok(Vec::new()))?);
    let targets = walk::targets(&sweep.places, &secrets_from(args)?)?;
    let over = stop.clone();
    let how = How {
        sweeper: sweeper(settings.known.redactor(), key(args, &sweep.how)?, &sweep.how),
        journal: journal(&sweep.how)?,
        audit: settings.audit.clone(),
        dry_run: sweep.dry_run,
        detail: Detail::of(sweep.format, settings.audit.is_some()),
        in_place: sweep.how.in_place,
        touch: sweep.how.touch,
        quiet: if sweep.force { Duration::ZERO } else { QUIET },
        again: false,
        over: Box::new(move || over.came() != 0),
    };
    let bar = progress::files(targets.len(), args.color);
    let mut told = Told::new(sweep.format, args.color, &bar);
    each(&how, &targets, usize::from(sweep.jobs), |target, outcome| {
        bar.inc(1);
        told.tell(target, outcome)
    })?;
    bar.finish_and_clear();
    told.summary(&how);
    let clean = told.exit(sweep.dry_run);
    Ok(if stop.came() == 0 { clean } else { Exit::Signal(stop.came()) })
}

fn sweeper(redactor: keepmum::Redactor, key: ReferenceKey, how: &HowArgs) -> Sweeper {
    let longest = usize::try_from(how.longest.0).unwrap_or(usize::MAX);
    let sweeper = Sweeper::new(redactor, key).longest(longest);
    if how.named { sweeper.named() } else { sweeper }
}

/// The key of references: that of an option, of the gateway's table, or the user's own.
fn key(args: &Args, how: &HowArgs) -> Result<ReferenceKey, Failure> {
    let written = written_key(&in_force(args, None)?)?;
    Ok(how.key_file.clone().or(written).map_or_else(usual_key, |path| read_key(&path))?)
}

fn written_key(file: &File) -> Result<Option<PathBuf>, Failure> {
    match file.keys.proxy.key_file() {
        // Who knows the key can try values until one fits a reference.
        Some(_) if file.trust == Trust::Found => Err(Failure::usage(format_args!(
            "{LOCAL}: key-file says under which key references are made; if you trust this file, name it: --config {LOCAL}"
        ))),
        path => Ok(path.map(Path::to_owned)),
    }
}

/// Files and folders that the secrets in force are read from. What reads them next would find references.
fn secrets_from(args: &Args) -> Result<Vec<PathBuf>, Failure> {
    let sources = in_force(args, None)?.config.sources()?;
    let watched = sources.iter().flat_map(|opened| opened.source.watched());
    Ok(watched.filter_map(|path| path.canonicalize().ok()).collect())
}

fn journal(how: &HowArgs) -> Result<Journal, Failure> {
    Journal::new(how.journals.as_deref()).map_err(|error| Failure::io("journal", error))
}

fn list() -> String {
    let agents = keepmum::sweep::agents(|name| std::env::var_os(name));
    let row = |id: &str, place: &keepmum::sweep::Place| {
        let there = if place.exists { "there" } else { "not there" };
        format!("{id}\t{}\t{there}\n", place.path.display())
    };
    let rows = agents.iter().flat_map(|agent| agent.places.iter().map(|one| row(agent.id, one)));
    rows.collect()
}

/// Whether a signal has said that it is over.
#[derive(Clone)]
struct Stop(Arc<AtomicI32>);

impl Stop {
    fn listen() -> io::Result<Self> {
        let stop = Self(Arc::default());
        let armed = Arc::new(AtomicBool::new(false));
        // A file that is not allowed to grow is an error of writing, and no end of the program.
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        for signal in [SIGINT, SIGTERM] {
            // The second ends at once.
            let exit = 128 + signal;
            signal_hook::flag::register_conditional_shutdown(signal, exit, Arc::clone(&armed))?;
            signal_hook::flag::register(signal, Arc::clone(&armed))?;
        }
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let heard = stop.clone();
        let listen =
            move || signals.forever().for_each(|signal| heard.0.store(signal, Ordering::Relaxed));
        std::thread::Builder::new().name("keepmum-signals".to_owned()).spawn(listen)?;
        Ok(stop)
    }

    fn came(&self) -> i32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Sweeps the files with `jobs` workers, and gives what came of each, in their order.
fn each(
    how: &How,
    targets: &[Target],
    jobs: usize,
    mut tell: impl FnMut(&Target, Outcome) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (sender, done) = mpsc::sync_channel(jobs * 4);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(targets.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((at, target)) = take(next, targets) {
                    if sender.send((at, outcome(how, target))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        // Who is behind holds the others' outcomes up, not their work: there is one for each file at most.
        let mut waiting = std::collections::BTreeMap::new();
        let mut told = 0;
        for (at, outcome) in done {
            waiting.insert(at, outcome);
            while let Some(outcome) = waiting.remove(&told) {
                tell(&targets[told], outcome)?;
                told += 1;
            }
        }
        Ok(())
    })
}

fn take<'a>(next: &AtomicUsize, targets: &'a [Target]) -> Option<(usize, &'a Target)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, targets.get(at)?))
}

fn outcome(how: &How, target: &Target) -> Outcome {
    if (how.over)() {
        return Outcome::Stopped;
    }
    match target {
        Target::File(path) => caught(|| how.sweep(path, None)),
        Target::Home(_) => Outcome::Skipped,
        Target::Made(path) if !how.dry_run && beside::clear(path) => Outcome::Cleared,
        Target::Made(_) => Outcome::Skipped,
        Target::Refused(_, why) => Outcome::Refused(why.clone()),
    }
}

/// What the sweep of one file says. If it panics, that file is as it was.
fn caught(sweep: impl FnOnce() -> Outcome) -> Outcome {
    let swept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(sweep));
    swept.unwrap_or_else(|_| Outcome::Refused("the redactor panicked on it".to_owned()))
}

/// What is told of the files, and what it comes to.
struct Told<'a> {
    format: SweepFormat,
    color: Color,
    bar: &'a ProgressBar,
    files: usize,
    changed_files: usize,
    changed: u64,
    fixed: usize,
    binary: usize,
    homes: usize,
    cleared: usize,
    refused: usize,
}

impl<'a> Told<'a> {
    fn new(format: SweepFormat, color: Color, bar: &'a ProgressBar) -> Self {
        let (changed_files, changed, fixed) = (0, 0, 0);
        let (files, binary, homes, cleared, refused) = (0, 0, 0, 0, 0);
        Self {
            format,
            color,
            bar,
            files,
            changed_files,
            changed,
            fixed,
            binary,
            homes,
            cleared,
            refused,
        }
    }

    fn tell(&mut self, target: &Target, outcome: Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Swept { noted, diff, .. } => {
                return self.swept(target.path(), &noted, diff.as_deref());
            }
            Outcome::Skipped => match target {
                Target::Home(_) => self.homes += 1,
                Target::Made(_) => {}
                _ => self.binary += 1,
            },
            Outcome::Cleared => self.cleared += 1,
            Outcome::Refused(why) => {
                self.refused += 1;
                let text = format!("{}: {why}", shown(target.path()));
                self.bar.suspend(|| say(self.color, Kind::Error, &text));
            }
            Outcome::Stopped => {}
        }
        Ok(())
    }

    fn swept(&mut self, path: &Path, noted: &Noted, diff: Option<&str>) -> Result<(), Failure> {
        self.files += 1;
        self.changed_files += usize::from(noted.changed > 0);
        self.changed += noted.changed;
        self.fixed += noted.fixed();
        let path = shown(path);
        let text = match self.format {
            SweepFormat::Json => noted.rows.iter().map(|row| row.json(&path)).collect(),
            SweepFormat::Text => text(&path, noted, diff),
        };
        self.bar.suspend(|| super::print(text.as_bytes())).map(drop)
    }

    /// A line on standard error. That nobody reads it is no reason to fail.
    fn summary(&self, how: &How) {
        let (secrets, files) =
            (counted(self.changed as usize, "secret"), counted(self.files, "file"));
        let what = if how.dry_run { "to replace" } else { "replaced" };
        let mut text = format!("{secrets} {what} in {} of {files}", self.changed_files);
        for (count, what) in [
            (self.fixed, "where nothing may change"),
            (self.homes, "left as a home of secrets"),
            (self.binary, "binary with nothing in them"),
            (self.cleared, "removed that an ended sweep had left"),
            (self.refused, "not swept"),
        ] {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        if let Some(journal) = how.journal.path() {
            text += &format!("; undo: {}", journal.display());
        }
        let _ = writeln!(io::stderr().lock(), "keepmum: {text}");
    }

    fn exit(&self, dry_run: bool) -> Exit {
        if self.refused > 0 {
            Exit::Io
        } else if self.fixed > 0 || dry_run && self.changed > 0 {
            Exit::Found
        } else {
            Exit::Success
        }
    }
}

/// What is said of one file: nothing if there was nothing.
fn text(path: &str, noted: &Noted, diff: Option<&str>) -> String {
    let mut text = match diff {
        Some(diff) if !diff.is_empty() => format!("--- {path}\n+++ {path}\n{diff}"),
        None if noted.changed > 0 => format!("{path}: {}\n", noted.names()),
        _ => String::new(),
    };
    for row in noted.rows.iter().filter(|row| !row.is_replaced()) {
        let (place, name) = (row.place.as_deref().unwrap_or_default(), &row.name);
        let line = if row.line > 0 { format!(":{}", row.line) } else { String::new() };
        text += &format!("{path}{line}: {name} stays, {} in {place}\n", row.treatment);
    }
    text
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// A path on one line.
fn shown(path: &Path) -> String {
    super::scan::shown(&path.display().to_string())
}
