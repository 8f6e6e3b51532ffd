//! Sealed sets and their key, from files.

use std::path::{Path, PathBuf};

use keepmum::{RedactorBuilder, SealedKey, SealedSet};
use zeroize::Zeroizing;

use super::exit::Failure;

/// Adds the sets of `files`; and how many secrets that are.
pub(crate) fn with<'a>(
    builder: RedactorBuilder,
    files: impl Iterator<Item = &'a PathBuf>,
    key_file: Option<&Path>,
) -> Result<(RedactorBuilder, usize), Failure> {
    let mut files = files.peekable();
    if files.peek().is_none() {
        return Ok((builder, 0));
    }
    let key = key_file.ok_or_else(|| Failure::usage("--sealed needs --sealed-key-file"))?;
    let key = self::key(key)?;
    files.try_fold((builder, 0), |(builder, count), path| {
        let failed = |error: keepmum::BuildError| refused(path, &error);
        let json = std::fs::read_to_string(path).map_err(|error| refused(path, &error))?;
        let set = SealedSet::from_json(&json).map_err(failed)?;
        let count = count + set.names().count();
        Ok((builder.sealed(set, &key).map_err(failed)?, count))
    })
}

/// The key that stands in the file at `path`.
pub(crate) fn key(path: &Path) -> Result<SealedKey, Failure> {
    let text = std::fs::read(path).map(Zeroizing::new).map_err(|error| refused(path, &error))?;
    SealedKey::from_hex(&text).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format_args!("{}: {why}", path.display()))
}
