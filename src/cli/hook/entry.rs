//! The command that is installed: the program, and what it was told.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf, absolute};

use clap::ValueEnum as _;
use keepmum::config::Usual;
use keepmum::hook::Entry;

use crate::cli::args::Args;
use crate::cli::exit::Failure;

/// The command, with every option of rules and secrets that was given here, and with the configuration that is in force: what
/// the agent's environment says later on changes neither.
pub(super) fn of(args: &Args) -> Result<Entry, Failure> {
    let entry = configured(Entry::new(text(&program()?)?), args)?;
    secrets(rules(entry, args)?, args)
}

fn configured(entry: Entry, args: &Args) -> Result<Entry, Failure> {
    if args.no_config {
        return Ok(entry.flag("--no-config"));
    }
    match args.config.clone().or_else(Usual::own) {
        Some(path) => file(entry, "--config", &path),
        None => Ok(entry),
    }
}

fn rules(entry: Entry, args: &Args) -> Result<Entry, Failure> {
    let entry = files(entry, "--rules", &args.rules)?;
    let mut entry = files(entry, "--gitleaks", &args.gitleaks)?;
    if let Some(profile) = args.profile.and_then(|profile| profile.to_possible_value()) {
        entry = entry.option("--profile", profile.get_name());
    }
    Ok(if args.only_known { entry.flag("--only-known") } else { entry })
}

fn secrets(mut entry: Entry, args: &Args) -> Result<Entry, Failure> {
    if let Some(globs) = &args.secrets_from_env {
        entry = match globs.join(",") {
            none if none.is_empty() => entry.flag("--secrets-from-env"),
            globs => entry.flag(&format!("--secrets-from-env={globs}")),
        };
    }
    entry = files(entry, "--env-file", &args.env_file)?;
    for given in &args.secrets_file {
        let (name, path) =
            given.split_once('=').map_or((None, &**given), |(name, path)| (Some(name), path));
        let path = there(Path::new(path))?;
        let name = name.map(|name| format!("{name}=")).unwrap_or_default();
        entry = entry.option("--secrets-file", &(name + text(&path)?));
    }
    entry = files(entry, "--sealed", &args.sealed)?;
    entry = files(entry, "--sealed-key-file", args.sealed_key_file.as_slice())?;
    Ok(match args.environment.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => entry.option("--environment", name),
        None => entry,
    })
}

fn files(entry: Entry, option: &str, paths: &[PathBuf]) -> Result<Entry, Failure> {
    paths.iter().try_fold(entry, |entry, path| file(entry, option, path))
}

fn file(entry: Entry, option: &str, path: &Path) -> Result<Entry, Failure> {
    Ok(entry.option(option, text(&there(path)?)?))
}

/// The path from the root on, of something that is there. Links stay: they may lead elsewhere after an upgrade.
fn there(path: &Path) -> Result<PathBuf, Failure> {
    let named = |error| Failure::io(path.display(), error);
    fs::metadata(path).map_err(named)?;
    absolute(path).map_err(named)
}

fn text(path: &Path) -> Result<&str, Failure> {
    let odd = || Failure::usage(format_args!("{}: a path that is no text", path.display()));
    path.to_str().ok_or_else(odd)
}

/// The program as it was called: behind the link there, an upgrade puts another file, and takes this one away.
fn program() -> Result<PathBuf, Failure> {
    let own =
        std::env::current_exe().map_err(|error| Failure::io("the program's own path", error))?;
    let same = |path: &PathBuf| {
        fs::canonicalize(path).is_ok_and(|path| fs::canonicalize(&own).is_ok_and(|own| own == path))
    };
    let called = std::env::args_os().next().and_then(|name| called(&name));
    Ok(called.filter(same).unwrap_or(own))
}

/// Where a shell finds what is called so.
fn called(name: &OsStr) -> Option<PathBuf> {
    if Path::new(name).components().count() > 1 {
        return absolute(name).ok();
    }
    let folders = std::env::var_os("PATH")?;
    let paths = std::env::split_paths(&folders).filter(|folder| folder.is_absolute());
    paths.map(|folder| folder.join(name)).find(|path| path.is_file())
}
