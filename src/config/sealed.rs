//! Sealed sets and their key, from files.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ConfigError;
use crate::{BuildError, RedactorBuilder, SealedKey, SealedSet};

/// Adds the sets of `files`; and how many secrets that are.
pub(super) fn with(
    builder: RedactorBuilder,
    files: &[PathBuf],
    key_file: Option<&Path>,
) -> Result<(RedactorBuilder, usize), ConfigError> {
    if files.is_empty() {
        return Ok((builder, 0));
    }
    let key_file = key_file.ok_or_else(|| ConfigError::refused("sealed needs sealed-key-file"))?;
    let key = read_sealed_key(key_file)?;
    files.iter().try_fold((builder, 0), |(builder, count), path| {
        let refused = |error: BuildError| ConfigError::at(path.display(), error);
        let json = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::at(path.display(), error))?;
        let set = SealedSet::from_json(&json).map_err(refused)?;
        let count = count + set.names().count();
        Ok((builder.sealed(set, &key).map_err(refused)?, count))
    })
}

/// The key of sealed sets that stands in the file at `path`.
///
/// # Errors
///
/// The file cannot be read, or holds no key.
pub fn read_sealed_key(path: &Path) -> Result<SealedKey, ConfigError> {
    let text = std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| ConfigError::at(path.display(), error))?;
    SealedKey::from_hex(&text).map_err(|error| ConfigError::at(path.display(), error))
}
