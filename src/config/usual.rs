//! Where a configuration lies that nobody named.

use std::path::{Path, PathBuf};

/// The file that is read when none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Usual {
    /// It lies in the working folder, perhaps as a part of somebody else's repository: see
    /// [`Config::found`](super::Config::found).
    Here(PathBuf),
    /// It is the user's own.
    Own(PathBuf),
}

impl Usual {
    /// Its name, wherever it lies.
    pub const NAME: &str = "keepmum.toml";

    /// The one that is there: `keepmum.toml` in the working folder, or else `keepmum/keepmum.toml` in the folder that
    /// `XDG_CONFIG_HOME` names, or in `~/.config`.
    pub fn find() -> Option<Self> {
        let here = PathBuf::from(Self::NAME);
        if here.is_file() {
            return Some(Self::Here(here));
        }
        Self::own().map(Self::Own)
    }

    /// The user's own, whatever lies in the working folder: for what guards somebody who can write there.
    pub fn own() -> Option<PathBuf> {
        let folder =
            |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = folder("XDG_CONFIG_HOME")
            .or_else(|| folder("HOME").map(|home| home.join(".config")))?;
        Some(home.join("keepmum").join(Self::NAME)).filter(|path| path.is_file())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Self::Here(path) | Self::Own(path) => path,
        }
    }
}
