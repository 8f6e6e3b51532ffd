//! The key of references, which outlives a process so that a value keeps its reference.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::ReferenceKey;

/// Bytes of a key that is drawn; shorter ones in a file are refused.
const LENGTH: usize = 32;

/// The longest file that is taken for a key.
const LONGEST: u64 = 4096;

/// The key in the file at `path`.
///
/// # Errors
///
/// The file cannot be read, others than its owner can, or it holds under 32 bytes.
pub fn read_key(path: &Path) -> Result<ReferenceKey, KeyError> {
    read(path).map_err(|error| failed(path, &error))
}

/// The key of this user: in `keepmum/reference.key` in the folder that `XDG_STATE_HOME` names, else in `~/.local/state`. If
/// there is none one is drawn, and written for its owner alone. The gateway, hooks and sweeps have the same, so that one value
/// has one reference.
///
/// # Errors
///
/// There is no such folder, or the file cannot be read or written.
pub fn usual_key() -> Result<ReferenceKey, KeyError> {
    let nowhere = || KeyError("neither XDG_STATE_HOME nor HOME is set; name a --key-file".into());
    let path = state_folder().ok_or_else(nowhere)?.join("reference.key");
    kept(&path).map_err(|error| failed(&path, &error))
}

/// Where this user's programs keep what they know from one run to the next: `keepmum` in the folder that `XDG_STATE_HOME`
/// names, else in `~/.local/state`. None if neither is set.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let folder = |name| {
        std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute())
    };
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
    Some(state?.join("keepmum"))
}

/// There is no key. Opaque; its text names the file and never holds what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

fn failed(path: &Path, error: &io::Error) -> KeyError {
    KeyError(format!("{}: {error}", path.display()))
}

/// The key at `path`, drawn if there is none. Of two processes that draw at once both get the key of the first.
fn kept(path: &Path) -> io::Result<ReferenceKey> {
    if !path.exists() {
        match drawn(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            drawn => drawn?,
        }
    }
    read(path)
}

/// Writes a key beside `path`, then gives it the name: whoever sees the name sees the whole key.
fn drawn(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut key = Zeroizing::new([0; LENGTH]);
    getrandom::fill(key.as_mut()).map_err(io::Error::other)?;
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(io::Error::other)?;
    let new = folder.join(format!(".reference.key.{:016x}", u64::from_ne_bytes(name)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = file.write_all(key.as_ref()).and_then(|()| file.sync_all());
    // A link, unlike a renaming, does not take the place of a key that came meanwhile.
    let linked = written.and_then(|()| fs::hard_link(&new, path));
    fs::remove_file(&new)?;
    linked?;
    File::open(folder)?.sync_all()
}

fn read(path: &Path) -> io::Result<ReferenceKey> {
    let refused = |why| io::Error::new(io::ErrorKind::InvalidData, why);
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(refused("others than its owner can read it; chmod 600"));
    }
    let mut key = Zeroizing::new(Vec::with_capacity(LENGTH));
    file.take(LONGEST).read_to_end(&mut key)?;
    if key.len() < LENGTH {
        return Err(refused("a key has at least 32 bytes"));
    }
    Ok(ReferenceKey::new(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_drawn_once_and_for_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/er/reference.key");
        let first = kept(&path).expect("a key").reference("a", b"correct horse");
        let second = kept(&path).expect("a key").reference("a", b"correct horse");
        assert_eq!(first, second);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 1);
    }

    #[test]
    fn threads_that_draw_at_once_get_one_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("reference.key");
        let all = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| kept(&path).expect("a key").reference("a", b"horse")))
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert!(all.windows(2).all(|two| two[0] == two[1]));
    }

    #[test]
    fn a_key_that_others_can_read_or_guess_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        for (length, mode) in [(32, 0o644), (31, 0o600), (0, 0o600)] {
            fs::write(&path, vec![b'k'; length]).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            assert!(read_key(&path).is_err(), "{length} {mode:o}");
        }
    }
}
