//! `keepmum hook install`, `uninstall` and `status`.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use keepmum::hook::{Agent, Entry, Scope, Settings, Status, Switch};
use similar::TextDiff;

use super::entry;
use super::options::{HookCommand, SettingsArgs};
use super::replace::replace;
use crate::cli::args::Args;
use crate::cli::config::LOCAL;
use crate::cli::exit::{Exit, Failure};

/// Changes settings, or tells of them.
pub(super) fn run(args: &Args, command: &HookCommand) -> Result<Exit, Failure> {
    match command {
        HookCommand::Install(given) => install(args, given),
        HookCommand::Uninstall(given) => {
            let file = File::of(given.agent, given.scope())?;
            let after = file.settings.without().map_err(|error| file.failed(&error))?;
            Ok(file.change(after, given, "no hook is installed")?.exit())
        }
        HookCommand::Status { agent } => {
            let entry = entry::of(args)?;
            let all = Agent::ALL.into_iter().filter(|own| agent.is_none_or(|agent| agent == *own));
            let text: String = all.map(|agent| status(agent, &entry)).collect();
            crate::cli::print((text + &unread(args)).as_bytes())
        }
    }
}

fn install(args: &Args, given: &SettingsArgs) -> Result<Exit, Failure> {
    let file = File::of(given.agent, given.scope())?;
    let after = file.settings.with(&entry::of(args)?).map_err(|error| file.failed(&error))?;
    let changed = file.change(Some(after), given, "the hook is installed already")?;
    let said = [notice(given.agent), off(given.agent), unread(args)].concat();
    if changed != Changed::Refused {
        crate::cli::print(said.as_bytes())?;
    }
    Ok(changed.exit())
}

/// Where the hook of an agent stands, and what keeps it from running.
fn status(agent: Agent, entry: &Entry) -> String {
    let (mut lines, mut there) = (String::new(), false);
    for scope in [Scope::User, Scope::Project] {
        let head = |path: &Path| format!("{agent} ({scope}, {})", path.display());
        let read = File::of(agent, scope).and_then(|file| {
            let events = file.settings.status(entry).map_err(|error| file.failed(&error))?;
            Ok((head(&file.path), events))
        });
        match read {
            // One file that cannot be read hides no other.
            Err(failure) => lines += &format!("{agent} ({scope}): {failure}\n"),
            Ok((head, events)) => {
                there |= events.iter().any(|(_, status)| *status != Status::Missing);
                lines += &told(&head, &events);
            }
        }
    }
    if there { lines + &notice(agent) + &off(agent) } else { lines }
}

/// A line for all events, or one for each that is not as it should be.
fn told(head: &str, events: &[(&str, Status)]) -> String {
    let first = &events[0].1;
    if events.iter().all(|(_, status)| status == first) {
        return format!("{head}: {first}\n");
    }
    let other = events.iter().filter(|(_, status)| *status != Status::Installed);
    other.map(|(event, status)| format!("{head}: {event}: {status}\n")).collect()
}

/// What somebody has to do before the hook runs.
fn notice(agent: Agent) -> String {
    Settings::notice(agent).map(|notice| format!("{agent}: {notice}\n")).unwrap_or_default()
}

/// What switches hooks off.
fn off(agent: Agent) -> String {
    let Ok(project) = std::env::current_dir() else { return String::new() };
    let home = variable("HOME").unwrap_or_default();
    let switches = [Scope::User, Scope::Project]
        .map(|scope| Settings::switches(agent, scope, variable, &home, &project));
    let off =
        |switch: &Switch| fs::read_to_string(switch.path()).is_ok_and(|text| switch.is_off(&text));
    let lines = switches.into_iter().flatten().filter(off).map(|switch| {
        let (path, key) = (switch.path().display(), switch.key());
        format!("{agent}: the hook does not run, because {path} switches it off: {key}\n")
    });
    lines.collect()
}

/// That a configuration in the working folder is not in force, if there is one.
fn unread(args: &Args) -> String {
    match args.config.is_none() && Path::new(LOCAL).is_file() {
        true => format!(
            "{LOCAL} in the working folder: hooks do not read it unless install names it by --config\n"
        ),
        false => String::new(),
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    /// It was right already.
    Not,
    Yes,
    /// Nobody said yes.
    Refused,
}

impl Changed {
    fn exit(self) -> Exit {
        if self == Self::Refused { Exit::Found } else { Exit::Success }
    }
}

/// A file of settings.
struct File {
    path: PathBuf,
    before: Option<String>,
    settings: Settings,
}

impl File {
    fn of(agent: Agent, scope: Scope) -> Result<Self, Failure> {
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
    ) -> Result<Changed, Failure> {
        if self.before == after {
            crate::cli::print(format!("{}: {same}\n", self.path.display()).as_bytes())?;
            return Ok(Changed::Not);
        }
        let (before, new) = (self.before.as_deref().unwrap_or(""), after.as_deref().unwrap_or(""));
        let path = self.path.display().to_string();
        let diff = TextDiff::from_lines(before, new);
        crate::cli::print(diff.unified_diff().header(&path, &path).to_string().as_bytes())?;
        if !given.yes && !asked()? {
            return Ok(Changed::Refused);
        }
        let failed = |error| Failure::io(self.path.display(), error);
        replace(&self.path, self.before.as_deref(), after.as_deref()).map_err(failed)?;
        Ok(Changed::Yes)
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
