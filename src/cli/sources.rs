//! Known secrets from the environment and from mounted files.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use globset::{Glob, GlobSetBuilder};
use keepmum::Secret;

use super::exit::Failure;

/// Names of variables whose values are secrets.
pub(crate) const USUAL: &[&str] = &[
    "*_TOKEN",
    "*_SECRET",
    "*_PASSWORD",
    "*_PASSWD",
    "*_PASSPHRASE",
    "*_API_KEY",
    "*_APIKEY",
    "*_ACCESS_KEY",
    "*_SECRET_KEY",
    "*_PRIVATE_KEY",
    "*_CREDENTIALS",
    "*_AUTH",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "API_KEY",
    "DATABASE_URL",
];

/// Values of the environment's variables whose names match one of `globs` as a whole.
pub(crate) fn environment(globs: &[String]) -> Result<Vec<Secret>, Failure> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = Glob::new(glob)
            .map_err(|error| Failure::usage(format_args!("--secrets-from-env: {error}")))?;
        set.add(glob);
    }
    let set =
        set.build().map_err(|error| Failure::usage(format_args!("--secrets-from-env: {error}")))?;
    let chosen = std::env::vars_os().filter(|(name, _)| set.is_match(Path::new(name)));
    Ok(chosen
        .map(|(name, value)| Secret::new(&name.to_string_lossy(), value.into_encoded_bytes()))
        .collect())
}

/// A file that holds one secret, or a folder of them as orchestrators mount them.
pub(crate) fn mounted(name: Option<&str>, path: &Path) -> Result<Vec<Secret>, Failure> {
    let failed = |error: io::Error| unreadable(path, &error);
    let own = path.file_name().unwrap_or(OsStr::new("secret")).to_string_lossy();
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        let value = fs::read(path).map_err(failed)?;
        return Ok(vec![Secret::new(name.unwrap_or(&own), value)]);
    }
    let mut secrets = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.starts_with('.') || !is_file(&entry.path())? {
            // `..data` and its kind are how a mount is swapped; the names beside it point into it.
            continue;
        }
        let value = fs::read(entry.path()).map_err(|error| unreadable(&entry.path(), &error))?;
        let full = name.map_or(file.clone(), |name| format!("{name}-{file}"));
        secrets.push(Secret::new(&full, value));
    }
    secrets.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(secrets)
}

/// Whether a regular file stands at `path` or where it points. A link to nothing holds no secret; anything else that
/// cannot be looked at could, and is an error.
fn is_file(path: &Path) -> Result<bool, Failure> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format_args!("{}: {error}", path.display()))
}
