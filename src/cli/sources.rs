//! Known secrets from the environment, `.env` files and mounted files.

use std::ffi::OsStr;
use std::fs;
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

/// Every value of a `.env` file. Its errors quote lines, which are secrets: only the place is told.
pub(crate) fn env_file(path: &Path) -> Result<Vec<Secret>, Failure> {
    let pairs = dotenvy::from_path_iter(path).map_err(|error| match error {
        dotenvy::Error::Io(error) => Failure::usage(format_args!("{}: {error}", path.display())),
        _ => Failure::usage(format_args!("{}: cannot be read", path.display())),
    })?;
    pairs
        .enumerate()
        .map(|(at, pair)| match pair {
            Ok((name, value)) => Ok(Secret::new(&name, value)),
            Err(_) => Err(Failure::usage(format_args!(
                "{}: entry {} is no NAME=VALUE",
                path.display(),
                at + 1
            ))),
        })
        .collect()
}

/// A file that holds one secret, or a folder of them as orchestrators mount them.
pub(crate) fn mounted(name: Option<&str>, path: &Path) -> Result<Vec<Secret>, Failure> {
    let failed = |error| Failure::usage(format_args!("{}: {error}", path.display()));
    let own = path.file_name().unwrap_or(OsStr::new("secret")).to_string_lossy();
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        let value = fs::read(path).map_err(failed)?;
        return Ok(vec![Secret::new(name.unwrap_or(&own), value)]);
    }
    let mut secrets = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        // `..data` and its kind are how a mount is swapped; the names beside it point into it.
        if file.starts_with('.')
            || !fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file())
        {
            continue;
        }
        let value = fs::read(entry.path())
            .map_err(|error| Failure::usage(format_args!("{}: {error}", entry.path().display())))?;
        let full = name.map_or(file.clone(), |name| format!("{name}-{file}"));
        secrets.push(Secret::new(&full, value));
    }
    secrets.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(secrets)
}
