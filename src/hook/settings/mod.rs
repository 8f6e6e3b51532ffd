//! An agent's settings, in which the hook's command stands.

mod style;
mod written;

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::agent::Agent;
use super::contract::{Contract, SettingsFile};
use super::template::quoted;
use written::{Item, Written};

/// The text of an agent's file of settings. It is changed by span: what is not ours stays as it is, to the byte.
///
/// ```
/// use keepmum::hook::{Agent, Entry, Settings};
///
/// let before = "{\n  \"model\": \"opus\"\n}\n";
/// let entry = Entry::new("/usr/bin/keepmum");
/// let after = Settings::new(Agent::ClaudeCode, Some(before)).with(&entry)?;
/// assert!(after.contains("/usr/bin/keepmum hook --agent claude-code --event PreToolUse"));
/// let settings = Settings::new(Agent::ClaudeCode, Some(&after));
/// assert_eq!(settings.with(&entry)?, after);
/// assert_eq!(settings.without()?.as_deref(), Some(before));
/// # Ok::<(), keepmum::hook::SettingsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    agent: Agent,
    text: Option<String>,
}

/// Whose settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the user, for all projects.
    User,
    /// Those of the project in the working folder.
    Project,
}

/// The command that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    program: String,
    options: Vec<String>,
}

/// What stands at one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The command that would be installed.
    Installed,
    /// A hook of keepmum with another command; which.
    Other(String),
    /// None of keepmum's.
    Missing,
}

/// Settings that cannot be changed. Opaque; its text tells why, and quotes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(&'static str);

impl Entry {
    /// The hook's command of the program at `program`.
    pub fn new(program: &str) -> Self {
        Self { program: program.to_owned(), options: Vec::new() }
    }

    /// With another option and its value.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.extend([name.to_owned(), value.to_owned()]);
        self
    }

    fn command(&self, agent: Agent, event: &str) -> String {
        let fixed = ["hook", "--agent", agent.as_str(), "--event", event].map(str::to_owned);
        let words = [self.program.clone()].into_iter().chain(fixed).chain(self.options.clone());
        words.map(|word| for_shell(&word)).collect::<Vec<_>>().join(" ")
    }
}

impl Settings {
    /// Of `agent`; `text` is what the file holds, if there is one.
    pub fn new(agent: Agent, text: Option<&str>) -> Self {
        let text = text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
        Self { agent, text }
    }

    /// Where they are. `variable` reads the environment; `home` is the user's folder, `project` that of the project.
    pub fn path(
        agent: Agent,
        scope: Scope,
        variable: impl Fn(&str) -> Option<PathBuf>,
        home: &Path,
        project: &Path,
    ) -> PathBuf {
        let file = &Contract::of(agent).file.settings;
        match scope {
            Scope::Project => project.join(&file.project),
            Scope::User => {
                let named = file.home.variable.as_deref().and_then(variable);
                named.unwrap_or_else(|| home.join(&file.home.folder)).join(&file.user)
            }
        }
    }

    /// The events at which something is installed, and what stands there.
    ///
    /// # Errors
    ///
    /// The text is no JSON of the kind that the agent reads.
    pub fn status(&self, entry: &Entry) -> Result<Vec<(&'static str, Status)>, SettingsError> {
        let written = self.written()?;
        let status = |event: &'static String| {
            let command = self.ours(&written, event)?.map(|ours| ours.command);
            let wanted = entry.command(self.agent, event);
            Ok((
                event.as_str(),
                match command {
                    None => Status::Missing,
                    Some(command) if command == wanted => Status::Installed,
                    Some(command) => Status::Other(command),
                },
            ))
        };
        self.file().events.iter().map(status).collect()
    }

    /// The text with the command in it, at every event that matters. If all is there it is the same text.
    ///
    /// # Errors
    ///
    /// As for [`status`](Self::status).
    pub fn with(&self, entry: &Entry) -> Result<String, SettingsError> {
        let mut written = self.written()?;
        for event in &self.file().events {
            let command = quoted(&entry.command(self.agent, event));
            let entry = self.file().entry.fill(&[("command", &command)]);
            let entry = String::from_utf8(entry).expect("tested");
            match self.ours(&written, event)? {
                Some(ours) if same(written.of(&ours.item), &entry) => {}
                Some(ours) => written = written.replaced(&ours.item, &entry),
                None => written = self.added(written, event, &entry)?,
            }
        }
        Ok(written.into_text())
    }

    /// The text without any command of keepmum's for this agent; none if nothing is left and the file is ours.
    ///
    /// # Errors
    ///
    /// As for [`status`](Self::status).
    pub fn without(&self) -> Result<Option<String>, SettingsError> {
        if self.text.is_none() {
            return Ok(None);
        }
        let mut written = self.written()?;
        for event in &self.file().events {
            while let Some(ours) = self.ours(&written, event)? {
                written = self.removed(&written, &ours);
            }
        }
        let left = same(written.text(), &self.file().new);
        Ok((!(left && self.file().own)).then(|| written.into_text()))
    }

    fn file(&self) -> &'static SettingsFile {
        &Contract::of(self.agent).file.settings
    }

    fn written(&self) -> Result<Written, SettingsError> {
        match &self.text {
            Some(text) => Written::read(text),
            None => Written::new(&self.file().new),
        }
    }

    fn added(&self, written: Written, event: &str, entry: &str) -> Result<Written, SettingsError> {
        let item = match &self.file().group {
            Some(group) => {
                String::from_utf8(group.fill(&[("entry", entry.as_bytes())])).expect("tested")
            }
            None => entry.to_owned(),
        };
        let root = written.root();
        let Some(hooks) = written.member(&root, "hooks")? else {
            return Ok(written.inserted(
                &root,
                Some("hooks"),
                &format!("{{{}:[{item}]}}", text(event)),
            ));
        };
        match written.member(&hooks, event)? {
            Some(list) => Ok(written.inserted(&list.value(), None, &item)),
            None => Ok(written.inserted(&hooks.value(), Some(event), &format!("[{item}]"))),
        }
    }

    /// Takes an entry out, and what it leaves empty.
    fn removed(&self, written: &Written, ours: &Ours) -> Written {
        // From the innermost container outwards: the first that holds something else loses this one thing.
        let mut out = 0;
        let stays = |depth: usize| depth == 0 || depth == 1 && self.file().hooks_stay;
        while out + 1 < ours.way.len() {
            let depth = ours.way.len() - 1 - out;
            if written.len(&ours.way[depth].0) > 1 || stays(depth) {
                break;
            }
            out += 1;
        }
        let (container, item) = &ours.way[ours.way.len() - 1 - out];
        written.without(container, item)
    }

    /// The first entry of keepmum's at an event.
    fn ours(&self, written: &Written, event: &str) -> Result<Option<Ours>, SettingsError> {
        let root = written.root();
        let Some(hooks) = written.member(&root, "hooks")? else { return Ok(None) };
        let Some(list) = written.member(&hooks, event)? else { return Ok(None) };
        let way = vec![(root, hooks.clone()), (hooks.value(), list.clone())];
        for item in written.items(&list.value()) {
            let mut way = way.clone();
            way.push((list.value(), item.clone()));
            if self.file().group.is_none() {
                if let Some(command) = self.command(written, &item) {
                    return Ok(Some(Ours { way, item, command }));
                }
                continue;
            }
            let Some(inner) = written.member(&item, "hooks")? else { continue };
            for entry in written.items(&inner.value()) {
                if let Some(command) = self.command(written, &entry) {
                    // The group's list goes with the group.
                    way.push((inner.value(), entry.clone()));
                    return Ok(Some(Ours { way, item: entry, command }));
                }
            }
        }
        Ok(None)
    }

    /// The command of an entry, if it is keepmum's.
    fn command(&self, written: &Written, entry: &Item) -> Option<String> {
        let entry: Value = serde_json::from_str(written.of(entry)).ok()?;
        let command = entry.get(&self.file().command)?.as_str()?;
        let (program, rest) = command.split_once(" hook --agent ")?;
        let program = program.trim_matches(['\'', '"']);
        let ours = Path::new(program).file_stem().is_some_and(|name| name == "keepmum");
        let agent = rest.split(' ').next() == Some(self.agent.as_str());
        (ours && agent).then(|| command.to_owned())
    }
}

/// An entry of keepmum's, and the way to it: containers and what of each leads on.
struct Ours {
    way: Vec<(Item, Item)>,
    item: Item,
    command: String,
}

/// Whether two texts are the same JSON.
fn same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}

fn text(name: &str) -> String {
    String::from_utf8(quoted(name)).expect("a string")
}

/// A word as a shell reads it.
fn for_shell(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for SettingsError {}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Project => "project",
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => f.write_str("installed"),
            Self::Other(command) => write!(f, "another command: {command}"),
            Self::Missing => f.write_str("not installed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry::new("/opt/a tool's/keepmum").option("--config", "/etc/keepmum.toml")
    }

    fn installed(agent: Agent, text: Option<&str>) -> String {
        let once = Settings::new(agent, text).with(&entry()).expect("settings");
        let twice = Settings::new(agent, Some(&once)).with(&entry()).expect("settings");
        assert_eq!(once, twice, "{agent}");
        let status = Settings::new(agent, Some(&once)).status(&entry()).expect("settings");
        assert!(status.iter().all(|(_, status)| *status == Status::Installed), "{status:?}");
        once
    }

    #[test]
    fn what_is_installed_and_taken_out_leaves_the_bytes() {
        for before in [
            "{}",
            "{\n  \"model\": \"x\"\n}\n",
            "{\"model\":\"x\"}",
            "{\n\t\"a\": [1.0, 1e3],\n\t\"hooks\": {\n\t\t\"PreToolUse\": [\n\t\t\t{ \"hooks\": [ { \"command\": \"x\" } ] }\n\t\t]\n\t},\n\t\"z\": \"\\u0041\"\n}",
            "{ \"hooks\": { \"PreToolUse\": [ {\"matcher\":\"Bash\",\"hooks\":[{\"type\":\"command\",\"command\":\"y\"}]} ], \"Stop\": [] } }\r\n",
        ] {
            for agent in [Agent::ClaudeCode, Agent::Codex, Agent::Gemini] {
                let after = installed(agent, Some(before));
                let back = Settings::new(agent, Some(&after)).without().expect("settings");
                assert_eq!(back.as_deref(), Some(before), "{agent}: {after}");
            }
        }
    }

    #[test]
    fn flat_settings_keep_their_frame() {
        let before = "{\n  \"version\": 1,\n  \"hooks\": {\n    \"stop\": [\n      { \"command\": \"x\" }\n    ]\n  }\n}\n";
        let after = installed(Agent::Cursor, Some(before));
        let back = Settings::new(Agent::Cursor, Some(&after)).without().expect("settings");
        assert_eq!(back.as_deref(), Some(before));
        let new = installed(Agent::Copilot, None);
        assert_eq!(Settings::new(Agent::Copilot, Some(&new)).without(), Ok(None));
        let new = installed(Agent::Cursor, None);
        let left = Settings::new(Agent::Cursor, Some(&new)).without().expect("settings");
        assert!(left.is_some_and(|left| same(&left, r#"{"version":1,"hooks":{}}"#)));
    }

    #[test]
    fn an_older_command_is_replaced_and_others_stay() {
        let old = Settings::new(Agent::Codex, Some("{}"))
            .with(&Entry::new("/old/keepmum"))
            .expect("settings");
        let status = Settings::new(Agent::Codex, Some(&old)).status(&entry()).expect("settings");
        assert!(status.iter().all(|(_, status)| matches!(status, Status::Other(_))));
        let new = installed(Agent::Codex, Some(&old));
        assert!(!new.contains("/old/"));
        let shared = r#"{"hooks":{"PreToolUse":[{"matcher":"*","hooks":[{"command":"x"},{"command":"/a/keepmum hook --agent codex"}]}]}}"#;
        let left = Settings::new(Agent::Codex, Some(shared)).without().expect("settings");
        assert_eq!(
            left.as_deref(),
            Some(r#"{"hooks":{"PreToolUse":[{"matcher":"*","hooks":[{"command":"x"}]}]}}"#)
        );
        let foreign =
            r#"{"hooks":{"PreToolUse":[{"hooks":[{"command":"notkeepmum hook --agent codex"}]}]}}"#;
        let left = Settings::new(Agent::Codex, Some(foreign)).without().expect("settings");
        assert_eq!(left.as_deref(), Some(foreign));
    }

    #[test]
    fn the_program_is_quoted_for_shells() {
        let command = entry().command(Agent::Gemini, "BeforeTool");
        assert_eq!(
            command,
            r"'/opt/a tool'\''s/keepmum' hook --agent gemini --event BeforeTool --config /etc/keepmum.toml"
        );
    }

    #[test]
    fn settings_of_another_kind_are_left_alone() {
        for text in [
            "[]",
            "{",
            "// comment\n{}",
            "{\"hooks\":[]}",
            "{\"hooks\":{\"PreToolUse\":{}}}",
            "{\"hooks\":{},\"hooks\":{}}",
        ] {
            assert!(Settings::new(Agent::ClaudeCode, Some(text)).with(&entry()).is_err(), "{text}");
        }
    }
}
