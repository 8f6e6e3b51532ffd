//! What is scanned: files under paths, or what git has staged.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ignore::WalkBuilder;

use super::Found;
use super::file::Scanner;
use crate::cli::args::ScanArgs;
use crate::cli::exit::Failure;

/// Something to be read when its turn comes.
pub(super) enum Input {
    File(PathBuf),
    /// A path in git's index.
    Staged(String),
}

impl Input {
    /// Reads it from its beginning to its end; none if it was skipped.
    pub(super) fn scan(self, scanner: &mut Scanner<'_>) -> Result<Option<Vec<Found>>, Failure> {
        match self {
            Input::File(path) => {
                let name = path.display().to_string();
                let name = name.strip_prefix("./").unwrap_or(&name);
                let found = File::open(&path).and_then(|mut file| scanner.scan(name, &mut file));
                found.map_err(|error| refused(name, &error))
            }
            Input::Staged(path) => {
                let mut git = Command::new("git");
                git.args(["cat-file", "blob", &format!(":./{path}")]);
                git.stdout(Stdio::piped()).stderr(Stdio::piped());
                let mut child = git.spawn().map_err(|error| refused("git", &error))?;
                let mut blob = child.stdout.take().expect("it was asked for");
                let found =
                    scanner.scan(&path, &mut blob).map_err(|error| refused(&path, &error))?;
                drop(blob);
                let output = child.wait_with_output().map_err(|error| refused("git", &error))?;
                // Of a skipped file git could not write all: that is no failure.
                match found {
                    Some(_) if !output.status.success() => Err(said("cat-file", &output.stderr)),
                    found => Ok(found),
                }
            }
        }
    }
}

/// Files under the given paths, sorted. Ignore files are obeyed; hidden files are read, `.git` is not.
pub(super) fn files(args: &ScanArgs) -> Result<Vec<Result<Input, Failure>>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let mut walk = WalkBuilder::new(&paths[0]);
    paths[1..].iter().for_each(|path| {
        walk.add(path);
    });
    walk.standard_filters(!args.no_ignore).hidden(false).require_git(false);
    walk.sort_by_file_path(Ord::cmp).filter_entry(|entry| entry.file_name() != ".git");
    let mut inputs = Vec::new();
    for entry in walk.build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                inputs.push(Ok(Input::File(entry.into_path())));
            }
            Ok(_) => {}
            Err(error) => inputs.push(Err(Failure::usage(error))),
        }
    }
    Ok(inputs)
}

/// What would be committed: added, copied, modified and renamed files.
pub(super) fn staged(args: &ScanArgs) -> Result<Vec<Result<Input, Failure>>, Failure> {
    let mut command = vec!["diff", "--cached", "--name-only", "-z", "--no-ext-diff", "--relative"];
    command.extend(["--diff-filter=ACMRT", "--ignore-submodules=all", "--"]);
    let paths: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
    command.extend(paths.iter().map(String::as_str));
    let listed = git(&command)?;
    let names = listed.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    // They are relative to the working folder.
    Ok(names.map(|name| Ok(Input::Staged(String::from_utf8_lossy(name).into_owned()))).collect())
}

fn git(args: &[&str]) -> Result<Vec<u8>, Failure> {
    let output = Command::new("git").args(args).output().map_err(|error| refused("git", &error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(said(args[0], &output.stderr)) }
}

fn said(command: &str, stderr: &[u8]) -> Failure {
    let said = String::from_utf8_lossy(stderr);
    Failure::usage(format_args!("git {command}: {}", said.trim()))
}

fn refused(name: &str, error: &std::io::Error) -> Failure {
    Failure::usage(format_args!("{name}: {error}"))
}
