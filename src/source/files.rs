//! Files that hold one secret each, as Docker and Kubernetes mount them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::declared::{Opens, Place};
use super::names::Names;
use super::{Fetched, Source, SourceError, bytes};
use crate::Secret;

/// How often a folder is read again because it was swapped meanwhile.
const TRIES: usize = 10;

/// How deep folders may lie in a folder.
const DEEPEST: usize = 16;

/// A file that holds one secret, or a folder of such files.
///
/// In a folder the files in its folders are secrets too, called by their path. Names that begin with a dot are left out:
/// `..data` and its kind are how a mount is swapped, and the names beside it point into it. A folder that was swapped
/// while it was read is read again, so that no set is half old and half new.
///
/// ```
/// use keepmum::source::{Files, Source};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("db-password"), "correct horse\n")?;
/// let fetched = Files::new(folder.path()).named("app").fetch()?;
/// assert_eq!(fetched.secrets[0].name(), "app.db-password");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Files {
    names: Names,
    path: PathBuf,
}

impl Files {
    /// Secrets are called as their files are, and the source as its path is.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { names: Names::bare(path.display().to_string()), path }
    }

    /// Calls the source `name`; the secret of a single file is called so too, and those of a folder `name.FILE`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    fn refused(&self, path: &Path, error: &io::Error) -> SourceError {
        SourceError::io(self.names.source(), path, error)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, SourceError> {
        let read = File::open(path).and_then(|file| bytes::read(file, bytes::MOST));
        let mut value = read.map_err(|error| self.refused(path, &error))?;
        Ok(std::mem::take(&mut *value))
    }

    fn folder(&self) -> Result<Vec<Secret>, SourceError> {
        for _ in 0..TRIES {
            let before = target(&self.path);
            let mut secrets = Vec::new();
            let read = self.inside(&self.path, "", 0, &mut secrets);
            // A file that went away between the listing and the reading belongs to a change too.
            let vanished = read.as_ref().is_err_and(SourceError::is_missing);
            if before != target(&self.path) || vanished && self.path.is_dir() {
                continue;
            }
            read?;
            secrets.sort_by(|a, b| a.name().cmp(b.name()));
            return Ok(secrets);
        }
        let why = format!("{}: changes faster than it can be read", self.path.display());
        Err(SourceError::unavailable(self.names.source(), why))
    }

    /// Adds the files of `folder`, whose names follow on `before`.
    fn inside(
        &self,
        folder: &Path,
        before: &str,
        depth: usize,
        secrets: &mut Vec<Secret>,
    ) -> Result<(), SourceError> {
        if depth > DEEPEST {
            let why = format!("{}: folders lie too deep", folder.display());
            return Err(SourceError::malformed(self.names.source(), why));
        }
        for entry in fs::read_dir(folder).map_err(|error| self.refused(folder, &error))? {
            let entry = entry.map_err(|error| self.refused(folder, &error))?;
            let (path, file) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if file.starts_with('.') {
                continue;
            }
            let name = format!("{before}{file}");
            match self.kind(&path)? {
                Kind::File => secrets.push(self.names.secret(&name, self.read(&path)?)),
                Kind::Folder => self.inside(&path, &format!("{name}."), depth + 1, secrets)?,
                Kind::Other => {}
            }
        }
        Ok(())
    }

    /// What stands at `path` or where it points. A link to nothing holds no secret; anything else that cannot be looked
    /// at could, and is an error.
    fn kind(&self, path: &Path) -> Result<Kind, SourceError> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Ok(Kind::File),
            Ok(metadata) if metadata.is_dir() => Ok(Kind::Folder),
            Ok(_) => Ok(Kind::Other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kind::Other),
            Err(error) => Err(self.refused(path, &error)),
        }
    }
}

/// What stands at a path.
enum Kind {
    File,
    Folder,
    /// A socket, a pipe, or a link to nothing.
    Other,
}

impl Source for Files {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let kind = fs::metadata(&self.path).map_err(|error| self.refused(&self.path, &error))?;
        if kind.is_dir() {
            return Ok(Fetched::new(self.folder()?));
        }
        let own = self.path.file_name().unwrap_or(OsStr::new("secret")).to_string_lossy();
        Ok(Fetched::new(vec![self.names.only(&own, self.read(&self.path)?)]))
    }

    fn watched(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }
}

/// Keys of `kind = "file"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    path: PathBuf,
}

impl Keys {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Opens for Keys {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn open(&self, place: &Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        let path = place.path(&self.path);
        Ok(Box::new(Files { names: place.names(path.display()), path }))
    }
}

/// Where the files of a folder really lie. Changes when the folder is swapped.
fn target(folder: &Path) -> Option<PathBuf> {
    fs::canonicalize(folder.join("..data")).or_else(|_| fs::canonicalize(folder)).ok()
}
