//! One file: whether there is something to do, whether it may be done, and the doing.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use keepmum::sweep::{Change, Journal, Kind, Left, SweepError, Sweeper, Visit};
use rustix::fs::{Access, access};

use super::clean::{Clean, Resume};
use super::diff::Diff;
use super::noted::{Detail, Noted};
use super::old::open;
use super::rewrite::{Rewriting, refused};
use super::{beside, in_use};
use crate::cli::audit::Audit;

/// How files are swept.
pub(super) struct How {
    pub(super) sweeper: Sweeper,
    pub(super) journal: Journal,
    pub(super) audit: Option<Arc<Audit>>,
    pub(super) dry_run: bool,
    pub(super) detail: Detail,
    pub(super) in_place: bool,
    pub(super) touch: bool,
    /// A file that was changed since is somebody's work.
    pub(super) quiet: Duration,
    /// Whether files are looked at again, so that it is worth remembering how they were.
    pub(super) again: bool,
    pub(super) over: Box<dyn Fn() -> bool + Send + Sync>,
}

/// What became of one file.
pub(super) enum Outcome {
    /// It was looked through. `diff` is there if that was all, and how it was if there was nothing to change.
    Swept { noted: Noted, diff: Option<String>, clean: Option<Clean> },
    /// It is binary, and nothing was found in it.
    Skipped,
    /// It was made by a sweep that has ended, and is gone.
    Cleared,
    /// It is not swept, and why.
    Refused(String),
    /// A signal came.
    Stopped,
}

impl How {
    /// Sweeps a file that was `clean`, if that is known.
    pub(super) fn sweep(&self, path: &Path, clean: Option<&Clean>) -> Outcome {
        self.try_sweep(path, clean).unwrap_or_else(|error| match error {
            error if error.is_stopped() => Outcome::Stopped,
            error => Outcome::Refused(error.to_string()),
        })
    }

    fn try_sweep(&self, path: &Path, clean: Option<&Clean>) -> Result<Outcome, SweepError> {
        let mut file = open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(refused("it is no file"));
        }
        if self.dry_run {
            let mut diff = Diff::new(self.sweeper.redactor(), self.detail, &*self.over);
            let swept = self.sweeper.sweep(path, &mut file, &mut diff)?;
            let (noted, text) = diff.end();
            return self.looked(path, &metadata, (swept.kind, noted, Some(text)), None);
        }
        let mut first = First { noted: Noted::new(Detail::Counts), over: &*self.over };
        match self.first(path, &mut file, clean, &mut first) {
            // It has seen a change: that is all that it was to see.
            Err(error) if error.is_stopped() && first.noted.changed > 0 => {}
            Err(error) => return Err(error),
            Ok((kind, clean)) if first.noted.changed == 0 => {
                return self.looked(path, &metadata, (kind, first.noted, None), clean);
            }
            Ok(_) => {}
        }
        self.may_change(path, &metadata)?;
        let account = |noted: &Noted| self.account(path, noted);
        let rewriting = Rewriting {
            sweeper: &self.sweeper,
            journal: &self.journal,
            in_place: self.in_place,
            touch: self.touch,
            detail: self.detail,
            opened: &metadata,
            account: &account,
            over: &*self.over,
        };
        let noted = rewriting.run(path, &mut file)?;
        Ok(Outcome::Swept { noted, diff: None, clean: None })
    }

    /// Looks whether there is something to do.
    fn first(
        &self,
        path: &Path,
        file: &mut File,
        clean: Option<&Clean>,
        first: &mut First<'_>,
    ) -> Result<(Kind, Option<Clean>), SweepError> {
        if !self.again {
            return Ok((self.sweeper.sweep(path, file, first)?.kind, None));
        }
        let from = clean.map_or(Ok(None), |clean| clean.resumed(&self.sweeper, file))?;
        let from = from.unwrap_or_else(|| Resume::beginning(&self.sweeper));
        let kind = from.kind;
        let mut read = from.reading(file)?;
        let swept = match kind {
            Some(kind) => self.sweeper.sweep_more(kind, &mut read, first)?,
            None => self.sweeper.sweep(path, &mut read, first)?,
        };
        Ok((swept.kind, Some(read.clean(swept.kind))))
    }

    fn looked(
        &self,
        path: &Path,
        metadata: &Metadata,
        (kind, noted, diff): (Kind, Noted, Option<String>),
        clean: Option<Clean>,
    ) -> Result<Outcome, SweepError> {
        match kind {
            Kind::Binary if noted.rows.is_empty() => Ok(Outcome::Skipped),
            Kind::Database => self.database(path, metadata),
            _ => Ok(Outcome::Swept { noted, diff, clean }),
        }
    }

    /// SQLite itself changes its file. It is asked whether there is something to do first, so that a file with nothing in it is
    /// not even opened for writing.
    #[cfg(feature = "sqlite")]
    fn database(&self, path: &Path, metadata: &Metadata) -> Result<Outcome, SweepError> {
        use keepmum::sweep::Apply;

        use super::{attributes, old};

        let mut noted = Noted::new(Detail::Rows);
        let mut swept = self.sweeper.database(path, Apply::No, &mut |row| noted.row(row))?;
        let changes = swept.changed > 0;
        if changes && !self.dry_run {
            self.may_change(path, metadata)?;
            // Before the database is another one, as with files.
            self.account(path, &noted)?;
            noted = Noted::new(Detail::Rows);
            swept = self.sweeper.database(path, Apply::Yes, &mut |row| noted.row(row))?;
            if !self.touch {
                old::writable(path, metadata)?.set_times(attributes::times(metadata)?)?;
            }
        }
        noted.changed = swept.changed;
        if let Some(problem) = swept.problems.first() {
            let done = if changes && !self.dry_run { "swept, but " } else { "" };
            let more = match swept.problems.len() {
                1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            return Err(refused(format_args!("{done}{problem}{more}")));
        }
        let diff = self.dry_run.then(|| noted.places());
        Ok(Outcome::Swept { noted, diff, clean: None })
    }

    #[cfg(not(feature = "sqlite"))]
    fn database(&self, _: &Path, _: &Metadata) -> Result<Outcome, SweepError> {
        Err(refused("it is a database, which this build cannot look through: feature `sqlite`"))
    }

    /// # Errors
    ///
    /// Something speaks against it.
    fn may_change(&self, path: &Path, metadata: &Metadata) -> Result<(), SweepError> {
        if metadata.nlink() > 1 && !self.in_place {
            let names = metadata.nlink();
            return Err(refused(format_args!(
                "it has {names} names, and would be parted from the others: --in-place"
            )));
        }
        let age = SystemTime::now().duration_since(metadata.modified()?).unwrap_or_default();
        if age < self.quiet {
            let seconds = age.as_secs();
            return Err(refused(format_args!("it was changed {seconds} s ago: wait, or --force")));
        }
        let writable = |path: &Path| access(path, Access::WRITE_OK).is_ok();
        if metadata.permissions().mode() & 0o222 == 0 || !writable(path) {
            return Err(refused("it is read-only"));
        }
        if !writable(beside::folder(path)) {
            return Err(refused("its folder is read-only"));
        }
        match in_use::writer(metadata) {
            Some(process) => {
                Err(refused(format_args!("process {process} has it open for writing")))
            }
            None => Ok(()),
        }
    }

    fn account(&self, path: &Path, noted: &Noted) -> io::Result<()> {
        let Some(audit) = &self.audit else { return Ok(()) };
        let found: Vec<_> =
            noted.findings.iter().map(|one| (one.clone(), one.span().len())).collect();
        let path = path.display().to_string();
        let recorded = audit.redacted("sweep", &path, &found);
        recorded.map_err(|failure| io::Error::other(failure.to_string()))
    }
}

/// Sees whether there is something to do.
struct First<'a> {
    noted: Noted,
    over: &'a (dyn Fn() -> bool + Send + Sync),
}

impl Visit for First<'_> {
    fn kept(&mut self, bytes: &[u8]) {
        self.noted.kept(bytes);
    }

    fn changed(&mut self, change: &Change<'_>) {
        self.noted.changed(change);
    }

    fn left(&mut self, left: &Left<'_>) {
        self.noted.left(left);
    }

    fn over(&self) -> bool {
        self.noted.changed > 0 || (self.over)()
    }
}
