//! What an agent's events mean, and what it wants to be told, as data.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use super::agent::Agent;
use super::template::Template;
use crate::prompt::{Guesses, KeyPolicy, Numbers, Shape, ShapeFile};

/// A contract.
pub(super) struct Contract {
    pub(super) file: File,
    /// The fields of outputs, by tool; the first that fits counts.
    outputs: Vec<(Vec<Name>, Shape)>,
    /// Those of inputs, and of what cannot be changed.
    sure: Shape,
    /// The same where no key may change.
    sure_but_keys: Shape,
    /// Those of an output of which nothing is known.
    plain: Shape,
}

/// A file of `agents/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The field that names the event.
    pub(super) event: String,
    /// Fields of which one names the tool.
    pub(super) tool: Vec<String>,
    /// Tools that write what they are given into files.
    pub(super) writes: Vec<Name>,
    /// Fields of their inputs that say what stands in the file already.
    #[serde(default)]
    pub(super) replaced: Vec<String>,
    /// Fields of an output that name files with what it was before.
    #[serde(default)]
    pub(super) raw: Vec<String>,
    /// Another agent, by a field that only it sends.
    #[serde(default)]
    instead: Vec<Instead>,
    /// Events that are not guarded.
    pass: Vec<String>,
    pub(super) unknown: Unknown,
    on: Vec<On>,
    #[serde(default)]
    withheld: Vec<Withheld>,
    #[serde(default)]
    output: Vec<Output>,
    pub(super) settings: SettingsFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instead {
    field: String,
    agent: Agent,
}

/// What is answered to what nobody knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unknown {
    pub(super) answer: Template,
    pub(super) code: u8,
    #[serde(default)]
    pub(super) advice: String,
}

/// What is done at an event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct On {
    /// Its names; it is installed under the first.
    event: Vec<String>,
    /// Why it is not installed.
    #[serde(default)]
    excused: Option<String>,
    /// All tools, if none is named.
    #[serde(default)]
    tools: Vec<Name>,
    pub(super) guards: Guards,
    /// The guarded field; of several names one, unless nothing is changed.
    pub(super) at: Vec<String>,
    /// Whether a string there that holds JSON is given back as that.
    #[serde(default)]
    pub(super) inside: bool,
    /// Whether a secret in a key refuses it.
    #[serde(default)]
    keys: KeyPolicy,
    /// The member of the field, by one of its names, of which `$text` is; all of the field, if none is named.
    #[serde(default)]
    pub(super) text: Vec<String>,
    /// The field of any answer in which the user is shown a warning.
    #[serde(default)]
    pub(super) message: Option<String>,
    /// What `$text` begins with.
    #[serde(default)]
    pub(super) lead: String,
    /// How the field is called in a reason, and what to do about it or about what `failed` leaves where it is.
    #[serde(default)]
    pub(super) what: String,
    #[serde(default)]
    pub(super) advice: String,
    pub(super) changed: Option<Template>,
    pub(super) refused: Template,
    /// In the place of `refused` where nothing is known that can be shown instead of an output.
    pub(super) failed: Option<Template>,
}

/// What may be done with the field.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Guards {
    /// Nothing: a secret refuses it.
    Fixed,
    /// The input of a tool: secrets are replaced, and references restored where a rule allows it.
    Input,
    /// Its output: secrets are replaced.
    Output,
}

/// What is shown in the place of an output that must not be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withheld {
    tools: Vec<Name>,
    output: Template,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    tools: Vec<Name>,
    shape: ShapeFile,
}

/// Where an agent's settings are, and what stands in them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsFile {
    pub(super) home: Home,
    pub(super) user: String,
    pub(super) project: String,
    /// Whether the file is ours alone.
    #[serde(default)]
    pub(super) own: bool,
    /// Whether `hooks` stays when nothing is left in it.
    #[serde(default)]
    pub(super) hooks_stay: bool,
    /// What a new file holds before anything is added.
    pub(super) new: String,
    /// What an entry stands in, if in anything.
    pub(super) group: Option<Template>,
    pub(super) entry: Template,
    /// The field of an entry that holds the command.
    pub(super) command: String,
    /// Whether a shell runs the command, and nothing else makes a program that failed refuse.
    #[serde(default)]
    pub(super) closed_by_shell: bool,
    /// What somebody has to do before hooks run.
    pub(super) notice: Option<String>,
    #[serde(default)]
    pub(super) off: Vec<Off>,
}

/// A key that switches hooks off: by this value, or by naming their commands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Off {
    /// Files in the user's folder, and in the project.
    #[serde(default)]
    pub(super) user: Vec<String>,
    #[serde(default)]
    pub(super) project: Vec<String>,
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: bool,
}

/// The folder of a user's settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Home {
    #[serde(default)]
    pub(super) variable: Option<String>,
    pub(super) folder: String,
}

impl Home {
    /// Where it is. `variable` reads the environment, `home` is the folder of all that is the user's.
    pub(super) fn folder(
        &self,
        variable: impl Fn(&str) -> Option<PathBuf>,
        home: &Path,
    ) -> PathBuf {
        let named = self.variable.as_deref().and_then(variable);
        named.unwrap_or_else(|| home.join(&self.folder))
    }
}

/// A name, or the beginning of one with `*` behind it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Name(String);

impl Name {
    fn fits(&self, name: &str) -> bool {
        self.0.strip_suffix('*').map_or(self.0 == name, |start| name.starts_with(start))
    }
}

impl Contract {
    /// The contract of an agent.
    pub(super) fn of(agent: Agent) -> &'static Self {
        // One for each, so that a hook reads its own only.
        static CONTRACTS: [LazyLock<Contract>; Agent::ALL.len()] = [
            LazyLock::new(|| Contract::read(text(Agent::ALL[0])).expect("tested")),
            LazyLock::new(|| Contract::read(text(Agent::ALL[1])).expect("tested")),
            LazyLock::new(|| Contract::read(text(Agent::ALL[2])).expect("tested")),
            LazyLock::new(|| Contract::read(text(Agent::ALL[3])).expect("tested")),
            LazyLock::new(|| Contract::read(text(Agent::ALL[4])).expect("tested")),
        ];
        &CONTRACTS[agent as usize]
    }

    fn read(toml: &str) -> Result<Self, String> {
        let file: File = toml::from_str(toml).map_err(|error| error.to_string())?;
        let typed = |shape: &ShapeFile| {
            let mut typed = shape.clone();
            // A number that became a string would not be what the tool gives.
            typed.numbers = Numbers::Fixed;
            typed
        };
        let named = |own: &Output| Ok((own.tools.clone(), Shape::new(&typed(&own.shape))?));
        let plain = typed(&ShapeFile::default());
        let mut sure = plain.clone();
        sure.guesses = Guesses::Left;
        let mut sure_but_keys = sure.clone();
        sure_but_keys.keys = Some(KeyPolicy::Refuse);
        Ok(Self {
            outputs: file.output.iter().map(named).collect::<Result<_, String>>()?,
            sure: Shape::new(&sure)?,
            sure_but_keys: Shape::new(&sure_but_keys)?,
            plain: Shape::new(&plain)?,
            file,
        })
    }

    /// The agent that a payload with these fields is of, if it is another one.
    pub(super) fn instead<'a>(&self, mut fields: impl Iterator<Item = &'a str>) -> Option<Agent> {
        fields.find_map(|field| {
            self.file.instead.iter().find(|instead| instead.field == field).map(|own| own.agent)
        })
    }

    /// What is done at an event.
    pub(super) fn on(&self, event: &str, tool: &str) -> Option<&On> {
        let fits = |on: &&On| on.is(event) && (on.tools.is_empty() || any(&on.tools, tool));
        self.file.on.iter().find(fits)
    }

    /// The events at which a hook is installed: all that are guarded, but for those that have an excuse.
    pub(super) fn installed(&self) -> impl Iterator<Item = &str> {
        let on = self.file.on.iter().filter(|on| on.excused.is_none());
        let names: Vec<&str> = on.filter_map(|on| on.event.first()).map(String::as_str).collect();
        let first = |at: usize| !names[..at].contains(&names[at]);
        let first: Vec<&str> =
            (0..names.len()).filter(|&at| first(at)).map(|at| names[at]).collect();
        first.into_iter()
    }

    /// Whether an event is not guarded.
    pub(super) fn passes(&self, event: &str) -> bool {
        self.file.pass.iter().any(|own| own == event)
    }

    /// Whether two names are those of one event.
    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        one == other || self.file.on.iter().any(|on| on.is(one) && on.is(other))
    }

    /// Whether a tool writes files.
    pub(super) fn writes(&self, tool: &str) -> bool {
        any(&self.file.writes, tool)
    }

    /// What the fields of a part mean.
    pub(super) fn shape(&self, on: &On, tool: &str) -> &Shape {
        match (on.guards, on.keys) {
            (Guards::Output, _) => {
                let own = self.outputs.iter().find(|(tools, _)| any(tools, tool));
                own.map_or(&self.plain, |(_, shape)| shape)
            }
            (_, KeyPolicy::Redact) => &self.sure,
            (_, KeyPolicy::Refuse) => &self.sure_but_keys,
        }
    }

    /// What is shown in the place of a tool's output.
    pub(super) fn withheld(&self, tool: &str) -> Option<&Template> {
        let own = self.file.withheld.iter().find(|withheld| any(&withheld.tools, tool));
        own.map(|withheld| &withheld.output)
    }
}

impl On {
    fn is(&self, event: &str) -> bool {
        self.event.iter().any(|own| own == event)
    }
}

fn any(names: &[Name], name: &str) -> bool {
    names.iter().any(|own| own.fits(name))
}

fn text(agent: Agent) -> &'static str {
    match agent {
        Agent::ClaudeCode => include_str!("agents/claude-code.toml"),
        Agent::Codex => include_str!("agents/codex.toml"),
        Agent::Gemini => include_str!("agents/gemini.toml"),
        Agent::Copilot => include_str!("agents/copilot.toml"),
        Agent::Cursor => include_str!("agents/cursor.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_json(filled: &[u8]) -> bool {
        serde_json::from_slice::<serde_json::Value>(filled).is_ok()
    }

    #[test]
    fn all_contracts_are_read_and_every_answer_is_json() {
        for agent in Agent::ALL {
            let contract =
                Contract::read(text(agent)).unwrap_or_else(|why| panic!("{agent}: {why}"));
            let values: [(&str, &[u8]); 6] = [
                ("part", b"{}"),
                ("text", b"\"\""),
                ("reason", b"\"\""),
                ("withheld", b"[]"),
                ("command", b"\"\""),
                ("entry", b"{}"),
            ];
            let on = contract.file.on.iter();
            let all =
                on.flat_map(|on| [Some(&on.refused), on.changed.as_ref(), on.failed.as_ref()]);
            let settings = &contract.file.settings;
            let others = [
                Some(&contract.file.unknown.answer),
                Some(&settings.entry),
                settings.group.as_ref(),
            ];
            for template in all.chain(others).flatten() {
                assert!(is_json(&template.fill(&values)), "{agent}: {template:?}");
            }
            for withheld in &contract.file.withheld {
                assert!(is_json(&withheld.output.fill(&values)), "{agent}");
            }
            assert!(is_json(settings.new.as_bytes()), "{agent}");
        }
    }

    #[test]
    fn what_is_guarded_can_be_answered() {
        for agent in Agent::ALL {
            for on in &Contract::of(agent).file.on {
                let place = format!("{agent} {:?}", on.event);
                assert_eq!(on.changed.is_none(), on.guards == Guards::Fixed, "{place}");
                assert_eq!(on.what.is_empty(), on.guards != Guards::Fixed, "{place}");
                // Something stands in for an output of any tool.
                assert!(!on.refused.has("withheld") || on.failed.is_some(), "{place}");
                assert!(on.failed.is_none() || !on.advice.is_empty(), "{place}");
            }
        }
    }

    #[test]
    fn what_is_guarded_is_installed_or_has_an_excuse() {
        for (agent, events) in [
            (
                Agent::ClaudeCode,
                &[
                    "UserPromptSubmit",
                    "UserPromptExpansion",
                    "PreToolUse",
                    "PostToolUse",
                    "PostToolUseFailure",
                ][..],
            ),
            (Agent::Codex, &["UserPromptSubmit", "PreToolUse", "PostToolUse"][..]),
            (Agent::Gemini, &["BeforeAgent", "BeforeModel", "BeforeTool", "AfterTool"][..]),
            (
                Agent::Copilot,
                &["userPromptSubmitted", "userPromptTransformed", "preToolUse", "postToolUse"][..],
            ),
            (
                Agent::Cursor,
                &[
                    "beforeSubmitPrompt",
                    "preToolUse",
                    "beforeReadFile",
                    "beforeTabFileRead",
                    "postToolUse",
                ][..],
            ),
        ] {
            let contract = Contract::of(agent);
            assert_eq!(contract.installed().collect::<Vec<_>>(), events, "{agent}");
            assert!(!contract.installed().any(|event| contract.passes(event)), "{agent}");
            let excuses = contract.file.on.iter().filter_map(|on| on.excused.as_deref());
            assert!(excuses.into_iter().all(|excuse| excuse.len() > 20), "{agent}");
        }
    }
}
