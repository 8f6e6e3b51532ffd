//! A new file beside an old one, and how it takes its place.
//!
//! ```text
//!   path: old   temporary: new    ▸ exchange ▸    path: new   temporary: old ▸ what came late ▸ temporary is gone
//!                                     └ if what came out is not what was read: exchange again, and nothing is changed
//! ```
//!
//! Between a look at a file and a renaming another program may save its own. So the two names are exchanged, which is one step,
//! and what came out is looked at afterwards. Where the file system cannot exchange, the look is the last thing before the
//! renaming.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use keepmum::sweep::SweepError;
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use tempfile::TempPath;

use super::old::{Old, open};
use super::rewrite::refused;
use super::walk::TEMPORARY;

/// What the names of files have that were kept because nobody could tell whether they are needed.
const KEPT: &str = ".keepmum-kept-";

/// A file that has a name of its own until it takes a place. It is gone when it is dropped.
pub(super) struct Beside {
    file: File,
    name: TempPath,
}

/// What became of it.
pub(super) enum Placed {
    /// It has the name.
    New(New),
    /// It is gone: somebody wrote to the old file, which has its name still.
    Changed,
}

/// A file that has taken another one's place. The old one is gone when it is dropped.
pub(super) struct New {
    file: File,
    /// The old file's; none if it has none any more.
    old: Option<TempPath>,
}

impl Beside {
    /// A new file beside `path`, for its owner alone. Whatever is written to it stands at its end.
    ///
    /// # Errors
    ///
    /// It cannot be created.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let (file, name) =
            builder.prefix(TEMPORARY).append(true).tempfile_in(folder(path))?.into_parts();
        // Locked until its maker has ended: then it is nobody's.
        lock(&file)?;
        Ok(Self { file, name })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Takes the place of `old`. It is as it is to be, and on the disk.
    ///
    /// # Errors
    ///
    /// It cannot be renamed; somebody else did the same at the same moment, and what is where is told.
    pub(super) fn take_place(self, old: &Old<'_>) -> Result<Placed, SweepError> {
        lock(old.file)?;
        let own = self.file.metadata()?;
        match exchange(&self.name, old.path) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => return self.rename(old),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        if !old.is_at(&self.name).unwrap_or(false) {
            return self.give_back(old.path, &own);
        }
        sync(old.path)?;
        Ok(Placed::New(New { file: self.file, old: Some(self.name) }))
    }

    /// Takes the place without an exchange.
    fn rename(self, old: &Old<'_>) -> Result<Placed, SweepError> {
        if !old.is_at(old.path)? {
            return Ok(Placed::Changed);
        }
        self.name.persist(old.path).map_err(|error| error.error)?;
        sync(old.path)?;
        Ok(Placed::New(New { file: self.file, old: None }))
    }

    /// Gives the place back to what came out of it.
    fn give_back(self, path: &Path, own: &Metadata) -> Result<Placed, SweepError> {
        let back = exchange(&self.name, path).is_ok();
        let is_own =
            |now: Metadata| (now.dev(), now.ino(), now.len()) == (own.dev(), own.ino(), own.len());
        if back && std::fs::symlink_metadata(&self.name).is_ok_and(is_own) {
            return Ok(Placed::Changed);
        }
        let kept = shown(keep(self.name, path));
        Err(refused(format_args!("it was saved twice meanwhile: what else was there is {kept}")))
    }

    /// Keeps it under a name that tells that it was kept.
    pub(super) fn keep(self, path: &Path) -> String {
        shown(keep(self.name, path))
    }
}

impl New {
    /// The new file. What is written to it stands at its end.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Keeps the old file, and tells its name.
    pub(super) fn keep_old(self, path: &Path) -> String {
        self.old.map_or_else(|| "without a name".to_owned(), |old| shown(keep(old, path)))
    }
}

/// Removes what lies at `path`, which has the name of a temporary file, if who made it has ended.
pub(super) fn clear(path: &Path) -> bool {
    let ended =
        open(path).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok());
    ended && std::fs::remove_file(path).is_ok()
}

/// Removes all of them in the folder of `path`.
pub(super) fn clear_beside(path: &Path) {
    let entries = std::fs::read_dir(folder(path)).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) {
            clear(&entry.path());
        }
    }
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// A file system without locks has none that tells of anything.
fn lock(file: &File) -> io::Result<()> {
    match flock(file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => Err(io::Error::other("another process has locked it")),
        _ => Ok(()),
    }
}

fn exchange(one: &Path, other: &Path) -> rustix::io::Result<()> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// Gives what has the name of a temporary file one that is not taken for such, nor for the file at `path`.
fn keep(name: TempPath, path: &Path) -> PathBuf {
    let of = |path: &Path| path.file_name().unwrap_or_default().to_owned();
    let temporary = of(&name).to_string_lossy().into_owned();
    let mut kept = of(path);
    kept.push(KEPT);
    kept.push(temporary.trim_start_matches(TEMPORARY));
    let kept = path.with_file_name(kept);
    match name.persist_noclobber(&kept) {
        Ok(()) => kept,
        Err(error) => error.path.keep().unwrap_or(kept),
    }
}

fn shown(path: PathBuf) -> String {
    super::shown(&path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Seek as _, Write as _};

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn path(&self) -> PathBuf {
            self.0.path().join("notes.md")
        }

        /// Puts `new` in the place of a file with `text`, to which `meanwhile` happens.
        fn placed(text: &str, meanwhile: impl FnOnce(&Path)) -> (Self, Result<Placed, SweepError>) {
            let place = Self(tempfile::tempdir().expect("a folder"));
            let path = place.path();
            fs::write(&path, text).expect("written");
            let then = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
            let file = File::options().write(true).open(&path).expect("there");
            file.set_modified(then).expect("set");
            let file = File::open(&path).expect("there");
            let before = file.metadata().expect("there");
            let begins_as_read = |file: &mut File| {
                let mut begin = vec![0; text.len()];
                file.rewind()?;
                file.read_exact(&mut begin)?;
                Ok(begin == text.as_bytes())
            };
            let old = Old {
                path: &path,
                file: &file,
                before: &before,
                length: text.len() as u64,
                begins_as_read: &begins_as_read,
            };
            let new = Beside::of(&path).expect("created");
            new.file().write_all(b"new").expect("written");
            meanwhile(&path);
            let placed = new.take_place(&old);
            (place, placed)
        }

        fn text(&self) -> String {
            fs::read_to_string(self.path()).expect("there")
        }

        fn count(&self) -> usize {
            fs::read_dir(self.0.path()).expect("there").count()
        }
    }

    #[test]
    fn it_takes_the_place_and_the_old_one_goes_last() {
        let (place, placed) = Place::placed("old", |_| {});
        let Ok(Placed::New(new)) = placed else { panic!("nobody did anything") };
        assert_eq!((place.text(), place.count()), ("new".to_owned(), 2));
        drop(new);
        assert_eq!((place.text(), place.count()), ("new".to_owned(), 1));
    }

    #[test]
    fn what_another_program_saves_stays() {
        let renamed = |path: &Path| {
            let other = path.with_file_name("other");
            fs::write(&other, "saved").expect("written");
            fs::rename(&other, path).expect("renamed");
        };
        let written = |path: &Path| fs::write(path, "saved").expect("written");
        let (one, of_one) = Place::placed("old text", renamed);
        let (two, of_two) = Place::placed("old t", written);
        assert!(matches!((of_one, of_two), (Ok(Placed::Changed), Ok(Placed::Changed))));
        for place in [one, two] {
            assert_eq!((place.text(), place.count()), ("saved".to_owned(), 1));
        }
    }

    #[test]
    fn what_is_appended_is_in_the_old_file_still() {
        let append = |path: &Path| {
            let mut file = File::options().append(true).open(path).expect("there");
            file.write_all(b" and more").expect("written");
        };
        let (place, placed) = Place::placed("old", append);
        let Ok(Placed::New(new)) = placed else { panic!("it was appended to") };
        let kept = new.keep_old(&place.path());
        assert!(kept.contains("notes.md.keepmum-kept-"), "{kept}");
        assert_eq!(fs::read_to_string(&kept).expect("kept"), "old and more");
        assert_eq!((place.text(), place.count()), ("new".to_owned(), 2));
    }

    #[test]
    fn what_an_ended_process_left_is_removed_and_what_is_being_made_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.md");
        let new = Beside::of(&path).expect("created");
        assert!(!clear(&new.name));
        let left = folder.path().join(format!("{TEMPORARY}left"));
        fs::write(&left, "").expect("written");
        clear_beside(&path);
        assert!(!left.exists() && new.name.exists());
    }
}
