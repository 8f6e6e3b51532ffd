//! `keepmum hook install`, `uninstall` and `status`.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use keepmum::hook::{Agent, Entry, Scope, Settings, Status};
use similar::TextDiff;

use super::options::{HookCommand, SettingsArgs};
use super::replace::replace;
use crate::cli::args::Args;
use crate::cli::exit::{Exit, Failure};

/// Changes settings, or tells of them.
pub(super) fn run(args: &Args, command: &HookCommand) -> Result<Exit, Failure> {
    let entry = entry(args)?;
    match command {
        HookCommand::Install(given) => {
            let file = File::of(given.agent, given.scope())?;
            let after = file.settings.with(&entry).map_err(|error| file.failed(&error))?;
            file.change(Some(after), given, "the hook is installed already")
        }
        HookCommand::Uninstall(given) => {
            let file = File::of(given.agent, given.scope())?;
            let after = file.settings.without().map_err(|error| file.failed(&error))?;
            file.change(after, given, "no hook is installed")
        }
        HookCommand::Status { agent } => {
            let all = Agent::ALL.into_iter().filter(|own| agent.is_none_or(|agent| agent == *own));
            let text =
                all.map(|agent| status(agent, &entry)).collect::<Result<String, Failure>>()?;
            crate::cli::print(text.as_bytes())
        }
    }
}

/// The command, with the configuration that was named for it.
fn entry(args: &Args) -> Result<Entry, Failure> {
    let failed = |error| Failure::io("the program's own path", error);
    let program = std::env::current_exe().map_err(failed)?;
    let entry = Entry::new(text(&program)?);
    match &args.config {
        None => Ok(entry),
        Some(path) => {
            let named = |error| Failure::io(path.display(), error);
            let path = fs::canonicalize(path).map_err(named)?;
            Ok(entry.option("--config", text(&path)?))
        }
    }
}

fn text(path: &Path) -> Result<&str, Failure> {
    let odd = || Failure::usage(format_args!("{}: a path that is no text", path.display()));
    path.to_str().ok_or_else(odd)
}

fn status(agent: Agent, entry: &Entry) -> Result<String, Failure> {
    let mut lines = String::new();
    for scope in [Scope::User, Scope::Project] {
        let file = File::of(agent, scope)?;
        let head = format!("{agent} ({scope}, {})", file.path.display());
        let events = match file.settings.status(entry) {
            Ok(events) => events,
            Err(error) => {
                lines += &format!("{head}: {error}\n");
                continue;
            }
        };
        let first = &events[0].1;
        if events
            .iter()
            .all(|(_, status)| std::mem::discriminant(status) == std::mem::discriminant(first))
        {
            lines += &format!("{head}: {first}\n");
            continue;
        }
        for (event, status) in events.iter().filter(|(_, status)| *status != Status::Installed) {
            lines += &format!("{head}: {event}: {status}\n");
        }
    }
    Ok(lines)
}

/// A file of settings.
struct File {
    path: PathBuf,
    before: Option<String>,
    settings: Settings,
}

impl File {
    fn of(agent: Agent, scope: Scope) -> Result<Self, Failure> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = variable("HOME");
        if home.is_none() && scope == Scope::User {
            return Err(Failure::usage(
                "HOME is not set; nobody knows where the user's settings are",
            ));
        }
        let project =
            std::env::current_dir().map_err(|error| Failure::io("working folder", error))?;
        let path = Settings::path(agent, scope, variable, &home.unwrap_or_default(), &project);
        let before = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::io(path.display(), error)),
        };
        let settings = Settings::new(agent, before.as_deref());
        Ok(Self { path, before, settings })
    }

    fn failed(&self, error: &keepmum::hook::SettingsError) -> Failure {
        Failure::usage(format_args!("{}: {error}", self.path.display()))
    }

    /// Shows what becomes of the file, asks, and writes it. None: it goes.
    fn change(
        &self,
        after: Option<String>,
        given: &SettingsArgs,
        same: &str,
    ) -> Result<Exit, Failure> {
        if self.before == after {
            return crate::cli::print(format!("{}: {same}\n", self.path.display()).as_bytes());
        }
        let (before, new) = (self.before.as_deref().unwrap_or(""), after.as_deref().unwrap_or(""));
        let path = self.path.display().to_string();
        let diff = TextDiff::from_lines(before, new);
        crate::cli::print(diff.unified_diff().header(&path, &path).to_string().as_bytes())?;
        if !given.yes && !asked()? {
            return Ok(Exit::Found);
        }
        let failed = |error| Failure::io(self.path.display(), error);
        replace(&self.path, self.before.as_deref(), after.as_deref()).map_err(failed)?;
        Ok(Exit::Success)
    }
}

/// Whether somebody says yes.
fn asked() -> Result<bool, Failure> {
    let mut err = io::stderr().lock();
    if !(io::stdin().is_terminal() && err.is_terminal()) {
        let _ = writeln!(err, "keepmum: nothing was changed; --yes changes it without asking");
        return Ok(false);
    }
    let _ = write!(err, "Change it? [y/N] ").and_then(|()| err.flush());
    let mut said = String::new();
    io::stdin().read_line(&mut said).map_err(|error| Failure::io("standard input", error))?;
    Ok(matches!(said.trim(), "y" | "Y" | "yes"))
}
