//! The command that is installed.

use std::path::Path;

use crate::hook::agent::Agent;
use crate::hook::contract::Contract;

/// What an agent's shell runs where any exit code but 0 and 2 would let the action go on: a program that was killed, or is not
/// there any more, refuses. It is read by `sh`, whatever shell the agent starts.
const CLOSED: &str = r#""$0" "$@" || { [ $? -eq 2 ] || echo keepmum gave no answer, so nothing was looked through >&2; exit 2; }"#;

/// What stands between the program and the name of the agent.
const HOOK: &str = " hook --agent ";

/// The command that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    program: String,
    options: Vec<String>,
}

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

    /// With another option that has no value of its own.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.options.push(name.to_owned());
        self
    }

    /// What stands in the settings of `agent` at `event`.
    pub(super) fn command(&self, agent: Agent, event: &str) -> String {
        let fixed = ["hook", "--agent", agent.as_str(), "--event", event].map(str::to_owned);
        let words = [self.program.clone()].into_iter().chain(fixed).chain(self.options.clone());
        let command = words.map(|word| for_shell(&word)).collect::<Vec<_>>().join(" ");
        match Contract::of(agent).file.settings.closed_by_shell {
            true => format!("/bin/sh -c {} {command}", for_shell(CLOSED)),
            false => command,
        }
    }
}

/// Whether a command is keepmum's for `agent`, wherever the program lies.
pub(super) fn is_ours(command: &str, agent: Agent) -> bool {
    let Some((program, rest)) = command.split_once(HOOK) else { return false };
    let name = program.rsplit(['/', ' ']).next().unwrap_or_default().trim_matches(['\'', '"']);
    let ours = Path::new(name).file_stem().is_some_and(|name| name == "keepmum");
    ours && rest.split(' ').next() == Some(agent.as_str())
}

/// A word as a shell reads it.
fn for_shell(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_quoted_for_shells() {
        let entry = Entry::new("/opt/a tool's/keepmum").option("--config", "/etc/keepmum.toml");
        let command = entry.flag("--only-known").command(Agent::ClaudeCode, "PreToolUse");
        assert_eq!(
            command,
            r"'/opt/a tool'\''s/keepmum' hook --agent claude-code --event PreToolUse --config /etc/keepmum.toml --only-known"
        );
    }

    #[test]
    fn ours_is_known_wherever_it_lies() {
        for program in ["/opt/a tool's/keepmum", "keepmum", "/nix/store/x-keepmum-1/bin/keepmum"] {
            for agent in Agent::ALL {
                let command = Entry::new(program).command(agent, "x");
                for other in Agent::ALL {
                    assert_eq!(is_ours(&command, other), agent == other, "{command}");
                }
            }
        }
        assert!(!is_ours("/bin/notkeepmum hook --agent codex", Agent::Codex));
        assert!(!is_ours("keepmum --json", Agent::Codex));
    }
}
