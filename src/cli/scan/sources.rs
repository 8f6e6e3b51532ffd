//! What is scanned: files under paths, or what git has staged.

use std::path::PathBuf;
use std::process::Command;

use ignore::WalkBuilder;

use crate::cli::args::ScanArgs;
use crate::cli::exit::Failure;

/// Something to be read when its turn comes.
pub(super) enum Input {
    File(PathBuf),
    /// A path in git's index.
    Staged(String),
}

impl Input {
    /// Its name and its bytes.
    pub(super) fn read(self) -> Result<(String, Vec<u8>), Failure> {
        match self {
            Input::File(path) => {
                let name = path.display().to_string();
                let bytes = std::fs::read(&path).map_err(|error| refused(&name, &error))?;
                Ok((name.strip_prefix("./").unwrap_or(&name).to_owned(), bytes))
            }
            Input::Staged(path) => {
                let bytes = git(&["show", &format!(":{path}")])?;
                Ok((path, bytes))
            }
        }
    }
}

/// Files under the given paths, sorted. Ignore files are obeyed; hidden files are read, `.git` is not.
pub(super) fn files(args: &ScanArgs) -> Result<Vec<Input>, Failure> {
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
        let entry = entry.map_err(Failure::usage)?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            inputs.push(Input::File(entry.into_path()));
        }
    }
    Ok(inputs)
}

/// What would be committed: added, copied, modified and renamed files.
pub(super) fn staged(args: &ScanArgs) -> Result<Vec<Input>, Failure> {
    let mut command = vec!["diff", "--cached", "--name-only", "-z", "--no-ext-diff", "--relative"];
    command.extend(["--diff-filter=ACMR", "--"]);
    let paths: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
    command.extend(paths.iter().map(String::as_str));
    let listed = git(&command)?;
    let names = listed.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    // `:./path` is relative to the working folder, as the listed names are.
    Ok(names.map(|name| Input::Staged(format!("./{}", String::from_utf8_lossy(name)))).collect())
}

fn git(args: &[&str]) -> Result<Vec<u8>, Failure> {
    let output = Command::new("git").args(args).output().map_err(|error| refused("git", &error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::usage(format_args!("git {}: {}", args[0], said.trim())))
}

fn refused(name: &str, error: &std::io::Error) -> Failure {
    Failure::usage(format_args!("{name}: {error}"))
}
