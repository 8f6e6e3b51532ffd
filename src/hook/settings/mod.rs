//! An agent's settings, in which the hook's command stands.

mod entry;
mod scope;
mod status;
mod style;
mod switch;
mod written;

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::agent::Agent;
use super::contract::{Contract, SettingsFile};
use super::template::quoted;
pub use entry::Entry;
use entry::is_ours;
pub use scope::Scope;
pub use status::Status;
pub use switch::Switch;
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

/// Settings that cannot be changed. Opaque; its text tells why, and quotes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(&'static str);

impl Settings {
    /// Of `agent`; `text` is what the file holds, if there is one.
    pub fn new(agent: Agent, text: Option<&str>) -> Self {
        Self { agent, text: text.map(str::to_owned) }
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
            Scope::User => file.home.folder(variable, home).join(&file.user),
        }
    }

    /// What there can switch the hooks off, of `agent` and what is read beside [`path`](Self::path), which takes the same.
    pub fn switches(
        agent: Agent,
        scope: Scope,
        variable: impl Fn(&str) -> Option<PathBuf>,
        home: &Path,
        project: &Path,
    ) -> Vec<Switch> {
        let file = &Contract::of(agent).file.settings;
        let folder = file.home.folder(variable, home);
        let switches = file.off.iter().flat_map(|off| {
            let (folder, files) = match scope {
                Scope::User => (&*folder, &off.user),
                Scope::Project => (project, &off.project),
            };
            files.iter().map(move |name| Switch::new(agent, folder.join(name), off))
        });
        switches.collect()
    }

    /// What the user of `agent` has to do before its hooks run, if anything.
    pub fn notice(agent: Agent) -> Option<&'static str> {
        Contract::of(agent).file.settings.notice.as_deref()
    }

    /// The events at which something is installed, and what stands there.
    ///
    /// # Errors
    ///
    /// The text is no JSON of the kind that the agent reads.
    pub fn status(&self, entry: &Entry) -> Result<Vec<(&'static str, Status)>, SettingsError> {
        let written = self.written()?;
        let status = |event| Ok((event, self.status_at(&written, event, entry)?));
        self.events().map(status).collect()
    }

    /// The text with the command in it, at every event that matters. If all is there it is the same text.
    ///
    /// # Errors
    ///
    /// As for [`status`](Self::status).
    pub fn with(&self, entry: &Entry) -> Result<String, SettingsError> {
        let with = |written, event| self.with_one(written, event, entry);
        Ok(self.events().try_fold(self.written()?, with)?.into_text())
    }

    /// The text without any command of keepmum's for this agent; none if nothing is left and the file is ours.
    ///
    /// # Errors
    ///
    /// As for [`status`](Self::status).
    pub fn without(&self) -> Result<Option<String>, SettingsError> {
        if self.is_blank() {
            return Ok(self.text.clone());
        }
        let mut written = self.written()?;
        while let Some(ours) = self.ours(&written)?.first() {
            written = self.removed(&written, ours);
        }
        let left = same(written.text(), &self.file().new);
        Ok((!(left && self.file().own)).then(|| written.into_text()))
    }

    /// Whether nothing is written yet. Such a file need not be ours.
    fn is_blank(&self) -> bool {
        self.text.as_ref().is_none_or(|text| text.trim().is_empty())
    }

    fn status_at(
        &self,
        written: &Written,
        event: &str,
        entry: &Entry,
    ) -> Result<Status, SettingsError> {
        let (wanted, all) = (self.wanted(entry, event), self.ours_at(written, event)?);
        let command = entry.command(self.agent, event);
        let Some(ours) = all.iter().find(|ours| ours.command == command).or(all.first()) else {
            return Ok(Status::Missing);
        };
        let weakened = [self.weaker(written, ours, &wanted), self.narrower(written, ours)].concat();
        Ok(match &weakened[..] {
            _ if ours.command != command => Status::Other(ours.command.clone()),
            [] => Status::Installed,
            weakened => Status::Weakened(weakened.join(", ")),
        })
    }

    fn with_one(
        &self,
        mut written: Written,
        event: &str,
        entry: &Entry,
    ) -> Result<Written, SettingsError> {
        let wanted = self.wanted(entry, event);
        if let [ours] = &self.ours_at(&written, event)?[..]
            && self.narrower(&written, ours).is_empty()
        {
            let done = same(written.of(&ours.item), &wanted);
            return Ok(if done { written } else { written.replaced(&ours.item, &wanted) });
        }
        while let Some(ours) = self.ours_at(&written, event)?.first() {
            written = self.removed(&written, ours);
        }
        self.added(written, event, &wanted)
    }

    /// The entry at an event, as JSON.
    fn wanted(&self, entry: &Entry, event: &str) -> String {
        let command = quoted(&entry.command(self.agent, event));
        let entry = self.file().entry.fill(&[("command", &command)]);
        String::from_utf8(entry).expect("tested")
    }

    /// The fields of an entry, but for its command, that are not as they are installed.
    fn weaker(&self, written: &Written, ours: &Ours, wanted: &str) -> Vec<String> {
        let (own, wanted) = (object(written.of(&ours.item)), object(wanted));
        let names = wanted.keys().chain(own.keys().filter(|name| !wanted.contains_key(*name)));
        let other = names.filter(|name| own.get(*name) != wanted.get(*name));
        other.filter(|name| **name != self.file().command).cloned().collect()
    }

    /// The fields of the group that an entry stands in which leave something out. Without a matcher, as with an empty one,
    /// everything matches.
    fn narrower(&self, written: &Written, ours: &Ours) -> Vec<String> {
        let (Some(group), Some(template)) = (&ours.group, &self.file().group) else {
            return Vec::new();
        };
        let wanted = template.fill(&[("entry", &b"null"[..])]);
        let (own, wanted) = (object(written.of(group)), object(&String::from_utf8_lossy(&wanted)));
        let other = own.into_iter().filter(|(name, value)| {
            name != "hooks" && value != "" && wanted.get(name) != Some(value)
        });
        other.map(|(name, _)| name).collect()
    }

    fn events(&self) -> impl Iterator<Item = &'static str> {
        Contract::of(self.agent).installed()
    }

    fn file(&self) -> &'static SettingsFile {
        &Contract::of(self.agent).file.settings
    }

    fn written(&self) -> Result<Written, SettingsError> {
        match &self.text {
            Some(text) if !self.is_blank() => Written::read(text),
            _ => Written::new(&self.file().new),
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

    /// The entries of keepmum's at an event.
    fn ours_at(&self, written: &Written, event: &str) -> Result<Vec<Ours>, SettingsError> {
        if let Some(hooks) = written.member(&written.root(), "hooks")? {
            // What is there has to be of the kind that the agent reads.
            written.member(&hooks, event)?;
        }
        let mut ours = self.ours(written)?;
        ours.retain(|ours| ours.event == event);
        Ok(ours)
    }

    /// Every entry of keepmum's, at whichever event: those of another version stood at others.
    fn ours(&self, written: &Written) -> Result<Vec<Ours>, SettingsError> {
        let root = written.root();
        let Some(hooks) = written.member(&root, "hooks")? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (event, list) in written.lists(&hooks)? {
            let way = vec![(root.clone(), hooks.clone()), (hooks.value(), list.clone())];
            for item in written.items(&list.value()) {
                let mut way = way.clone();
                way.push((list.value(), item.clone()));
                all.extend(self.ours_in(written, &event, way, item));
            }
        }
        Ok(all)
    }

    /// Those of a group, or the one that an item is.
    fn ours_in(
        &self,
        written: &Written,
        event: &str,
        way: Vec<(Item, Item)>,
        item: Item,
    ) -> Vec<Ours> {
        let ours = |way, item: Item, group| {
            let (event, command) = (event.to_owned(), self.command(written, &item)?);
            Some(Ours { event, way, item, group, command })
        };
        if self.file().group.is_none() {
            return ours(way, item, None).into_iter().collect();
        }
        let Ok(Some(inner)) = written.member(&item, "hooks") else { return Vec::new() };
        let entry = |entry: Item| {
            // The group's list goes with the group.
            let inside = [&way[..], &[(inner.value(), entry.clone())]].concat();
            ours(inside, entry, Some(item.clone()))
        };
        written.items(&inner.value()).into_iter().filter_map(entry).collect()
    }

    /// The command of an entry, if it is keepmum's.
    fn command(&self, written: &Written, entry: &Item) -> Option<String> {
        let entry: Value = serde_json::from_str(written.of(entry)).ok()?;
        let command = entry.get(&self.file().command)?.as_str()?;
        is_ours(command, self.agent).then(|| command.to_owned())
    }
}

/// An entry of keepmum's, and the way to it: containers and what of each leads on.
struct Ours {
    event: String,
    way: Vec<(Item, Item)>,
    item: Item,
    /// What it stands in, if in anything.
    group: Option<Item>,
    command: String,
}

/// The members of an object.
fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Whether two texts are the same JSON.
fn same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}

fn text(name: &str) -> String {
    String::from_utf8(quoted(name)).expect("a string")
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for SettingsError {}

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
    fn what_weakens_an_entry_is_told_and_mended() {
        for (agent, strong, weak, what) in [
            (Agent::ClaudeCode, r#""timeout":10"#, r#""timeout":1"#, "timeout"),
            (Agent::ClaudeCode, r#""timeout":10"#, r#""timeout":10,"async":true"#, "async"),
            (Agent::ClaudeCode, r#","onFailure":"block""#, "", "onFailure"),
            (Agent::ClaudeCode, r#""matcher":"*""#, r#""matcher":"Bash""#, "matcher"),
            (Agent::Gemini, r#""matcher":"*""#, r#""matcher":"^x""#, "matcher"),
            (Agent::Cursor, r#""failClosed":true"#, r#""failClosed":false"#, "failClosed"),
            (
                Agent::Cursor,
                r#""failClosed":true"#,
                r#""failClosed":true,"matcher":"x""#,
                "matcher",
            ),
        ] {
            let good = installed(agent, Some(r#"{"version":1}"#));
            assert!(good.contains(strong), "{good}");
            let bad = good.replacen(strong, weak, 1);
            let settings = Settings::new(agent, Some(&bad));
            let status = settings.status(&entry()).expect("settings");
            let weakened = status.iter().filter(|(_, status)| *status != Status::Installed);
            let weakened: Vec<_> = weakened.map(|(_, status)| status.clone()).collect();
            assert_eq!(weakened, [Status::Weakened(what.to_owned())], "{bad}");
            let mended = settings.with(&entry()).expect("settings");
            let left = Settings::new(agent, Some(&mended)).status(&entry()).expect("settings");
            assert!(left.iter().all(|(_, status)| *status == Status::Installed), "{mended}");
            assert_eq!(mended.matches("--event").count(), status.len(), "{mended}");
        }
    }

    #[test]
    fn no_matcher_matches_everything() {
        let good = installed(Agent::Codex, Some("{}"));
        for same in ["", r#""matcher":"","#] {
            let text = good.replace(r#""matcher": "*","#, same);
            assert!(text != good && serde_json::from_str::<Value>(&text).is_ok(), "{text}");
            let settings = Settings::new(Agent::Codex, Some(&text));
            assert_eq!(settings.with(&entry()).as_deref(), Ok(&*text));
        }
    }

    #[test]
    fn hooks_of_another_version_are_taken_out_wherever_they_stand() {
        let before = r#"{"hooks":{"Stop":[],"enabled":true}}"#;
        let old = r#"{"hooks":{"Stop":[{"hooks":[{"command":"/a/keepmum hook --agent gemini --event Stop"}]}],"enabled":true}}"#;
        let left = Settings::new(Agent::Gemini, Some(old)).without().expect("settings");
        assert_eq!(left.as_deref(), Some(r#"{"hooks":{"enabled":true}}"#));
        let left = Settings::new(Agent::Gemini, Some(before)).without().expect("settings");
        assert_eq!(left.as_deref(), Some(before));
    }

    #[test]
    fn a_blank_file_stays_what_it_is() {
        for agent in Agent::ALL {
            for blank in ["", "\n "] {
                let settings = Settings::new(agent, Some(blank));
                assert_eq!(settings.without(), Ok(Some(blank.to_owned())), "{agent}");
                assert!(settings.with(&entry()).is_ok_and(|text| text.contains("keepmum")));
            }
            assert_eq!(Settings::new(agent, None).without(), Ok(None));
        }
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
