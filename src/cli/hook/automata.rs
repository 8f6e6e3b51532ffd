//! Automata of rules on disk: a hook lives for one event, and would make them anew each time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use keepmum::rule::AutomatonCache;

/// A folder of automata, one a file, each with a checksum behind it.
///
/// Whoever can write there can have secrets passed. So it is used only if it belongs to this user and nobody else may write
/// into it; files of others in it, and links, are not read.
#[derive(Debug)]
pub(super) struct Automata {
    folder: PathBuf,
}

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
        let name = concat!("automata-", env!("CARGO_PKG_VERSION"));
        Self::at(caches.join("keepmum").join(name))
    }

    fn at(folder: PathBuf) -> Option<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
        let about = fs::symlink_metadata(&folder).ok()?;
        (about.is_dir() && is_own(&about)).then_some(Self { folder })
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
        let written = fill(&own, automaton).and_then(|()| fs::rename(&own, self.folder.join(key)));
        written.inspect_err(|_| drop(fs::remove_file(&own)))
    }
}

fn fill(path: &Path, automaton: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(automaton)?;
    file.write_all(&crc32fast::hash(automaton).to_le_bytes())
}

/// Whether it belongs to this user, and nobody else may write to it.
fn is_own(about: &fs::Metadata) -> bool {
    about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o022 == 0
}

impl AutomatonCache for Automata {
    fn load(&self, key: &str) -> Option<Vec<u8>> {
        let mut bytes = self.read(key).ok()?;
        let sum = bytes.split_off(bytes.len().checked_sub(CHECKSUM)?);
        (crc32fast::hash(&bytes).to_le_bytes()[..] == sum).then_some(bytes)
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
        Automata::at(folder.join("automata")).expect("it is ours")
    }

    #[test]
    fn what_was_stored_comes_back_and_what_is_damaged_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let automata = automata(folder.path());
        assert_eq!(automata.load("a"), None);
        automata.store("a", b"an automaton");
        assert_eq!(automata.load("a").as_deref(), Some(&b"an automaton"[..]));
        let path = folder.path().join("automata/a");
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[3] ^= 1;
        fs::write(&path, &bytes).expect("written");
        assert_eq!(automata.load("a"), None);
        fs::write(&path, b"abc").expect("written");
        assert_eq!(automata.load("a"), None);
        assert_eq!(fs::read_dir(folder.path().join("automata")).expect("there").count(), 1);
    }

    #[test]
    fn what_others_could_have_written_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = automata(folder.path());
        own.store("a", b"an automaton");
        let path = folder.path().join("automata/a");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("ours");
        assert_eq!(own.load("a"), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        symlink(&path, folder.path().join("automata/b")).expect("a link");
        assert!(own.load("b").is_none() && own.load("a").is_some());
        let open = folder.path().join("automata");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("ours");
        assert!(Automata::at(open.clone()).is_none());
        symlink(&open, folder.path().join("link")).expect("a link");
        assert!(Automata::at(folder.path().join("link")).is_none());
    }
}
