//! Automata of rules on disk: a hook lives for one event, and would make them anew each time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use keepmum::rule::AutomatonCache;
use rustix::process::Pid;

/// A folder of automata, one a file, each with a checksum of its key and itself behind it: a file under another's name is none.
///
/// Whoever can write there can have secrets passed. So it is used only if it belongs to this user and nobody else may write
/// into it; files of others in it, and links, are not read.
#[derive(Debug)]
pub(super) struct Automata {
    folder: PathBuf,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How the folder of a version is called, before its number.
const PREFIX: &str = "automata-";

/// Bytes of a checksum.
const CHECKSUM: usize = size_of::<u32>();

/// The longest file that is read: more than any automaton takes.
const LONGEST: u64 = 64 << 20;

impl Automata {
    /// Those of this version, in the folder for caches of this user; none if there is no such folder that is this user's alone.
    pub(super) fn of_user() -> Option<Self> {
        let folder =
            |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let caches = folder("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let caches = caches.or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
        Self::at(&caches.join("keepmum"))
    }

    fn at(caches: &Path) -> Option<Self> {
        let folder = caches.join(format!("{PREFIX}{VERSION}"));
        let is_new = !folder.exists();
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
        let about = fs::symlink_metadata(&folder).ok()?;
        if !(about.is_dir() && is_own(&about)) {
            return None;
        }
        if is_new {
            remove_older(caches);
        }
        Some(Self { folder })
    }

    fn read(&self, key: &str) -> io::Result<Vec<u8>> {
        let path = self.folder.join(key);
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
        let file = OpenOptions::new().read(true).custom_flags(no_link).open(path)?;
        let about = file.metadata()?;
        if !about.is_file() || !is_own(&about) || about.len() > LONGEST {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut bytes = Vec::with_capacity(about.len() as usize + 1);
        file.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes a whole file or none: hooks run at once.
    fn write(&self, key: &str, automaton: &[u8]) -> io::Result<()> {
        let own = self.folder.join(format!("{key}.{}", std::process::id()));
        let sum = checksum(key, automaton);
        let written =
            fill(&own, automaton, sum).and_then(|()| fs::rename(&own, self.folder.join(key)));
        self.remove_begun();
        written.inspect_err(|_| drop(fs::remove_file(&own)))
    }

    /// Takes out what processes began that were killed.
    fn remove_begun(&self) {
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            let number =
                name.to_str().and_then(|name| name.rsplit_once('.')?.1.parse::<u32>().ok());
            let process = number.and_then(|number| Pid::from_raw(number.try_into().ok()?));
            if process.is_some_and(is_gone) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

fn is_gone(process: Pid) -> bool {
    rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH)
}

fn fill(path: &Path, automaton: &[u8], sum: [u8; CHECKSUM]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(automaton)?;
    file.write_all(&sum)
}

fn checksum(key: &str, automaton: &[u8]) -> [u8; CHECKSUM] {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key.as_bytes());
    sum.update(automaton);
    sum.finalize().to_le_bytes()
}

/// Takes out the folders of older versions. Of two versions that run in turn, only the newer one does it.
fn remove_older(caches: &Path) {
    for folder in fs::read_dir(caches).into_iter().flatten().flatten() {
        let name = folder.file_name();
        let version = name.to_str().and_then(|name| numbers(name.strip_prefix(PREFIX)?));
        let own =
            fs::symlink_metadata(folder.path()).is_ok_and(|about| about.is_dir() && is_own(&about));
        if own && version.is_some_and(|version| Some(version) < numbers(VERSION)) {
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

/// The numbers of a version.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|number| number.parse().ok()).collect()
}

/// Whether it belongs to this user, and nobody else may write to it.
fn is_own(about: &fs::Metadata) -> bool {
    about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o022 == 0
}

impl AutomatonCache for Automata {
    fn load(&self, key: &str) -> Option<Vec<u8>> {
        let mut bytes = self.read(key).ok()?;
        let sum = bytes.split_off(bytes.len().checked_sub(CHECKSUM)?);
        (checksum(key, &bytes)[..] == sum).then_some(bytes)
    }

    fn store(&self, key: &str, automaton: &[u8]) {
        // A full disk, or a folder that is gone, costs time and nothing else.
        let _ = self.write(key, automaton);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn automata(folder: &Path) -> Automata {
        Automata::at(folder).expect("it is ours")
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |file: io::Result<fs::DirEntry>| file.expect("there").file_name();
        let mut names: Vec<_> = fs::read_dir(folder).expect("there").map(name).collect();
        names.sort();
        names.into_iter().map(|name| name.into_string().expect("text")).collect()
    }

    #[test]
    fn what_was_stored_comes_back_and_what_is_damaged_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let automata = automata(folder.path());
        assert_eq!(automata.load("a"), None);
        automata.store("a", b"an automaton");
        assert_eq!(automata.load("a").as_deref(), Some(&b"an automaton"[..]));
        let path = automata.folder.join("a");
        fs::copy(&path, automata.folder.join("b")).expect("copied");
        assert_eq!(automata.load("b"), None);
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[3] ^= 1;
        fs::write(&path, &bytes).expect("written");
        assert_eq!(automata.load("a"), None);
        fs::write(&path, b"abc").expect("written");
        assert_eq!(automata.load("a"), None);
        assert_eq!(names(&automata.folder), ["a", "b"]);
    }

    #[test]
    fn what_others_could_have_written_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = automata(folder.path());
        own.store("a", b"an automaton");
        let path = own.folder.join("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("ours");
        assert_eq!(own.load("a"), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        symlink(&path, own.folder.join("b")).expect("a link");
        assert!(own.load("b").is_none() && own.load("a").is_some());
        fs::set_permissions(&own.folder, fs::Permissions::from_mode(0o777)).expect("ours");
        assert!(Automata::at(folder.path()).is_none());
        let other = folder.path().join("other");
        fs::create_dir(&other).expect("made");
        symlink(&own.folder, other.join(own.folder.file_name().expect("a name"))).expect("a link");
        assert!(Automata::at(&other).is_none());
    }

    #[test]
    fn what_is_left_behind_is_taken_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let beside = ["automata-0.0.1", "automata-999.0.0", "automata-x", "0.0.1"];
        for name in beside {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        fs::write(folder.path().join("automata-0.0.1/a"), "old").expect("written");
        let own = automata(folder.path());
        assert_eq!(
            names(folder.path()),
            ["0.0.1", &format!("{PREFIX}{VERSION}"), "automata-999.0.0", "automata-x"]
        );
        let mut ended =
            std::process::Command::new("/bin/sh").arg("-c").arg(":").spawn().expect("sh");
        ended.wait().expect("it ended");
        let (gone, here) = (format!("b.{}", ended.id()), format!("b.{}", std::process::id()));
        for name in [&gone, &here] {
            fs::write(own.folder.join(name), "half").expect("written");
        }
        own.store("a", b"an automaton");
        assert_eq!(names(&own.folder), ["a", &here]);
    }
}
