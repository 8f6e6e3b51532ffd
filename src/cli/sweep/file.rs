//! One file: whether there is something to do, whether it may be done, and the doing.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use keepmum::sweep::{Change, Journal, Kind, Left, SweepError, Sweeper, Visit};
use rustix::fs::{Access, OFlags, access};

use super::diff::Diff;
use super::in_use;
use super::noted::{Detail, Noted};
use super::rewrite::{Rewriting, refused};
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
    pub(super) over: Box<dyn Fn() -> bool + Send + Sync>,
}

/// What became of one file.
pub(super) enum Outcome {
    /// It was looked through. `diff` is there if that was all.
    Swept { noted: Noted, kind: Kind, diff: Option<String> },
    /// It is binary.
    Skipped,
    /// It is not swept, and why.
    Refused(String),
    /// A signal came.
    Stopped,
}

impl How {
    /// Sweeps a file of which what stands before `clean` has nothing to change.
    pub(super) fn sweep(&self, path: &Path, clean: u64) -> Outcome {
        self.try_sweep(path, clean).unwrap_or_else(|error| match error {
            error if error.is_stopped() => Outcome::Stopped,
            error => Outcome::Refused(error.to_string()),
        })
    }

    fn try_sweep(&self, path: &Path, clean: u64) -> Result<Outcome, SweepError> {
        let mut file = open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(refused("it is no file"));
        }
        if self.dry_run {
            let mut diff = Diff::new(self.sweeper.redactor(), self.detail, &*self.over);
            let swept = self.sweeper.sweep(path, &mut file, &mut diff)?;
            let (noted, text) = diff.end();
            return self.looked(path, swept.kind, noted, Some(text));
        }
        file.seek(SeekFrom::Start(clean))?;
        let mut first = First { noted: Noted::new(Detail::Counts), over: &*self.over };
        match self.sweeper.sweep(path, &mut file, &mut first) {
            // It has seen a change: that is all that it was to see.
            Err(error) if error.is_stopped() && first.noted.changed > 0 => {}
            Err(error) => return Err(error),
            Ok(swept) if first.noted.changed == 0 => {
                return self.looked(path, swept.kind, first.noted, None);
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
        let (noted, kind) = rewriting.run(path, &mut file)?;
        Ok(Outcome::Swept { noted, kind, diff: None })
    }

    fn looked(
        &self,
        path: &Path,
        kind: Kind,
        noted: Noted,
        diff: Option<String>,
    ) -> Result<Outcome, SweepError> {
        match kind {
            Kind::Binary => Ok(Outcome::Skipped),
            Kind::Database => self.database(path, &std::fs::symlink_metadata(path)?),
            _ => Ok(Outcome::Swept { noted, kind, diff }),
        }
    }

    /// SQLite itself changes its file. It is asked whether there is something to do first, so that a file with nothing in it is
    /// not even opened for writing.
    #[cfg(feature = "sqlite")]
    fn database(&self, path: &Path, metadata: &Metadata) -> Result<Outcome, SweepError> {
        use keepmum::sweep::Apply;

        let kind = Kind::Database;
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
                let times = super::rewrite::times(metadata)?;
                OpenOptions::new().write(true).open(path)?.set_times(times)?;
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
        Ok(Outcome::Swept { noted, kind, diff })
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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let writable = |path: &Path| access(path, Access::WRITE_OK).is_ok();
        if metadata.permissions().mode() & 0o222 == 0 || !writable(path) {
            return Err(refused("it is read-only"));
        }
        if !writable(folder) {
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

/// Opens a file, and nothing that a link leads to or that blocks.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
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

/// How a file stands: what it was when it was last looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    id: (u64, u64),
    pub(super) length: u64,
    time: (i64, i64),
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::symlink_metadata(path).ok()?;
        Some(Self {
            id: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            time: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// Whether it is the same file, and no shorter.
    pub(super) fn goes_on_as(&self, now: &Self) -> bool {
        self.id == now.id && self.length <= now.length
    }
}
