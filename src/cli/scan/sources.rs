//! What is scanned: files under paths, standard input, or what git has staged.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ignore::WalkBuilder;

use super::Found;
use super::file::Scanner;
use crate::cli::args::ScanArgs;
use crate::cli::exit::Failure;

/// Something to be read when its turn comes.
pub(super) enum Input {
    File(PathBuf),
    Standard,
    /// A path in git's index, relative to the working folder.
    Staged(OsString),
}

/// An input, or why there is none.
pub(super) type Listed = Result<Input, Failure>;

impl Input {
    /// Reads it from its beginning to its end, or to what stops it, and adds what it holds to `found`. `false` if it was
    /// skipped.
    pub(super) fn scan(
        self,
        scanner: &mut Scanner<'_>,
        found: &mut Vec<Found>,
    ) -> Result<bool, Failure> {
        match self {
            Input::File(path) => {
                let name = path.display().to_string();
                let name = name.strip_prefix("./").unwrap_or(&name);
                let read =
                    File::open(&path).and_then(|mut file| scanner.scan(name, &mut file, found));
                read.map_err(|error| refused(name, &error))
            }
            Input::Standard => {
                let read = scanner.scan("stdin", &mut io::stdin().lock(), found);
                read.map_err(|error| refused("standard input", &error))
            }
            Input::Staged(path) => from_index(&path, scanner, found),
        }
    }
}

fn from_index(
    path: &OsStr,
    scanner: &mut Scanner<'_>,
    found: &mut Vec<Found>,
) -> Result<bool, Failure> {
    let name = path.to_string_lossy();
    let failed = |error: io::Error| refused(&name, &error);
    // `:./path` is relative to the working folder.
    let mut object = OsString::from(":./");
    object.push(path);
    let mut git = Command::new("git");
    git.args(["cat-file", "blob"]).arg(object).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = git.spawn().map_err(|error| refused("git", &error))?;
    let mut blob = child.stdout.take().expect("it was asked for");
    let read = scanner.scan(&name, &mut blob, found);
    drop(blob);
    let output = child.wait_with_output().map_err(failed)?;
    match read.map_err(failed)? {
        // Of a skipped file git could not write all: that is no failure.
        true if !output.status.success() => Err(said("cat-file", &output.stderr)),
        read => Ok(read),
    }
}

/// Files under the given paths, sorted. Ignore files are obeyed; hidden files are read, `.git` is not.
pub(super) fn files(args: &ScanArgs) -> Vec<Listed> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    paths.iter().flat_map(|path| under(path, args)).collect()
}

fn under(path: &Path, args: &ScanArgs) -> Vec<Listed> {
    if path == Path::new("-") {
        return vec![Ok(Input::Standard)];
    }
    match std::fs::metadata(path) {
        Err(error) => return vec![Err(refused(&path.display().to_string(), &error))],
        // Whatever it is, and even if it is ignored: it was asked for.
        Ok(kind) if !kind.is_dir() => return vec![Ok(Input::File(path.to_owned()))],
        Ok(_) => {}
    }
    let mut walk = WalkBuilder::new(path);
    walk.standard_filters(!args.no_ignore).hidden(false).require_git(false);
    walk.sort_by_file_path(Ord::cmp).filter_entry(|entry| entry.file_name() != ".git");
    let files = walk.build().filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
            Some(Ok(Input::File(entry.into_path())))
        }
        Ok(_) => None,
        Err(error) => Some(Err(unwalkable(error))),
    });
    files.collect()
}

/// What stopped the walk, and where.
fn unwalkable(error: ignore::Error) -> Failure {
    match error {
        ignore::Error::WithDepth { err, .. } => unwalkable(*err),
        ignore::Error::WithPath { path, err } => match err.io_error() {
            Some(error) => refused(&path.display().to_string(), error),
            None => Failure::usage(err),
        },
        other => Failure::usage(other),
    }
}

/// What would be committed: added, copied, modified, renamed files and those of another type than before.
pub(super) fn staged(args: &ScanArgs) -> Result<Vec<Listed>, Failure> {
    // Outside a repository this says so in one line, where `diff` explains all its options.
    git(&["rev-parse", "--git-dir"], &[])?;
    let diff = ["diff", "--cached", "--name-only", "-z", "--no-ext-diff", "--relative"];
    let which = ["--diff-filter=ACMRT", "--ignore-submodules=all", "--"];
    let listed = git(&[&diff[..], &which].concat(), &args.paths)?;
    let names = listed.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| Ok(Input::Staged(OsStr::from_bytes(name).to_owned()))).collect())
}

fn git(args: &[&str], paths: &[PathBuf]) -> Result<Vec<u8>, Failure> {
    let output = Command::new("git").args(args).args(paths).output();
    let output = output.map_err(|error| refused("git", &error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(said(args[0], &output.stderr)) }
}

/// The first line of what git said.
fn said(command: &str, stderr: &[u8]) -> Failure {
    let said = String::from_utf8_lossy(stderr);
    Failure::usage(format_args!("git {command}: {}", said.lines().next().unwrap_or("failed")))
}

fn refused(name: &str, error: &io::Error) -> Failure {
    Failure::usage(format_args!("{name}: {error}"))
}
