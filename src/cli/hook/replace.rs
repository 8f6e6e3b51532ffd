//! A file that is replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many links are followed, as the system does it.
const MOST_LINKS: usize = 40;

/// Puts `after` in the place of `before`, which is what the file holds; none is no file. A link stays, and what it leads to is
/// replaced. Whoever reads the file meanwhile reads one or the other.
pub(super) fn replace(path: &Path, before: Option<&str>, after: Option<&str>) -> io::Result<()> {
    let path = followed(path)?;
    let Some(after) = after else {
        unchanged(&path, before)?;
        return fs::remove_file(&path);
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let new = beside(&path);
    let written = write(&new, &path, after).and_then(|()| unchanged(&path, before));
    if let Err(error) = written.and_then(|()| fs::rename(&new, &path)) {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

/// What a path leads to, whether something is there or not.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its links lead nowhere"))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

fn write(new: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(new)?;
    match fs::metadata(path) {
        Ok(metadata) => file.set_permissions(metadata.permissions())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// What was written by somebody else since it was read must not be lost.
fn unchanged(path: &Path, before: Option<&str>) -> io::Result<()> {
    let now = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        now => Some(now?),
    };
    if now.as_deref() == before {
        return Ok(());
    }
    Err(io::Error::other("it was changed meanwhile; try again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn links_and_permissions_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        fs::write(&file, "old").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
        symlink(&file, &link).expect("linked");
        replace(&link, Some("old"), Some("new")).expect("replaced");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("read"), "new");
        assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o640);
        assert!(replace(&link, Some("old"), Some("newer")).is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }

    #[test]
    fn what_a_link_will_lead_to_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("dot/real.json"), folder.path().join("link.json"));
        symlink("dot/real.json", &link).expect("linked");
        replace(&link, None, Some("new")).expect("replaced");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("read"), "new");
        let circle = folder.path().join("circle");
        symlink("circle", &circle).expect("linked");
        assert!(replace(&circle, None, Some("new")).is_err());
    }
}
