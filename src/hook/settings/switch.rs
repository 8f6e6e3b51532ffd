//! What switches all hooks of an agent off.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::entry::is_ours;
use crate::hook::agent::Agent;
use crate::hook::contract::Off;

/// A key in a file of an agent that switches hooks off, ours among them.
#[derive(Clone, Debug)]
pub struct Switch {
    agent: Agent,
    path: PathBuf,
    off: &'static Off,
}

impl Switch {
    pub(super) fn new(agent: Agent, path: PathBuf, off: &'static Off) -> Self {
        Self { agent, path, off }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key, as it is called in the agent's documentation.
    pub fn key(&self) -> &'static str {
        &self.off.key
    }

    /// Whether hooks are off in the file that holds `text`: JSON, or TOML if it is called so.
    pub fn is_off(&self, text: &str) -> bool {
        let is_toml = self.path.extension().is_some_and(|kind| kind == "toml");
        let read: Option<Value> =
            if is_toml { toml::from_str(text).ok() } else { serde_json::from_str(text).ok() };
        let pointer = format!("/{}", self.off.key.replace('.', "/"));
        match read.as_ref().and_then(|read| read.pointer(&pointer)) {
            Some(Value::Bool(value)) => *value == self.off.value,
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).any(|name| is_ours(name, self.agent))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Scope, Settings};
    use super::*;

    fn is_off(agent: Agent, file: &str, text: &str) -> bool {
        let (home, project) = (Path::new("/home"), Path::new("/project"));
        let all = [Scope::User, Scope::Project]
            .map(|scope| Settings::switches(agent, scope, |_| None, home, project));
        let own: Vec<_> =
            all.into_iter().flatten().filter(|switch| switch.path().ends_with(file)).collect();
        assert!(!own.is_empty(), "{file}");
        own.iter().any(|switch| switch.is_off(text))
    }

    #[test]
    fn hooks_that_are_off_are_told() {
        let claude = Agent::ClaudeCode;
        assert!(is_off(claude, "home/.claude/settings.json", r#"{"disableAllHooks":true}"#));
        assert!(is_off(claude, ".claude/settings.local.json", r#"{"disableAllHooks":true}"#));
        assert!(!is_off(claude, ".claude/settings.json", r#"{"disableAllHooks":false}"#));
        assert!(is_off(Agent::Codex, "home/.codex/config.toml", "[features]\nhooks = false\n"));
        assert!(is_off(Agent::Codex, "project/.codex/config.toml", "features.codex_hooks = false"));
        assert!(!is_off(Agent::Codex, "project/.codex/config.toml", "model = 'x'\n"));
        let gemini = |text| is_off(Agent::Gemini, ".gemini/settings.json", text);
        assert!(gemini(r#"{"hooksConfig":{"enabled":false}}"#));
        assert!(gemini(r#"{"hooksConfig":{"disabled":["keepmum hook --agent gemini"]}}"#));
        assert!(!gemini(r#"{"hooksConfig":{"disabled":["other"],"enabled":true}}"#));
        assert!(!gemini("{"));
    }
}
