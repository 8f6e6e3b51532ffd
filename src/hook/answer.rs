//! What an agent is told.

use super::template::quoted;
use crate::prompt::Report;

/// What a hook's command writes, and how it ends. It holds no secret, but for values that a rule of restoring gives to a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// One document of JSON.
    pub stdout: Vec<u8>,
    /// What a person is told, and the agent where the exit code is 2. Empty, or lines.
    pub stderr: String,
    /// The exit code: 0, or 2 for what an agent knows to be blocked by that alone.
    pub code: u8,
    /// What was found, whatever became of it. Spans are those of the part that was looked through.
    pub report: Report,
}

impl Answer {
    /// Nothing is to be said.
    pub(super) fn pass() -> Self {
        Self { stdout: b"{}".to_vec(), stderr: String::new(), code: 0, report: Report::default() }
    }

    /// The same with warnings; `member` is where the agent shows its user one.
    pub(super) fn warned(mut self, warnings: &[String], member: Option<&str>) -> Self {
        let lines = warnings.iter().map(|warning| format!("keepmum: warning: {warning}"));
        let text = lines.collect::<Vec<_>>().join("\n");
        if text.is_empty() {
            return self;
        }
        if let Some((member, rest)) = member.zip(self.stdout.strip_prefix(b"{")) {
            let comma: &[u8] = if rest.starts_with(b"}") { b"" } else { b"," };
            let (name, said) = (quoted(member), quoted(&text));
            self.stdout = [b"{", &name[..], b":", &said[..], comma, rest].concat();
        }
        self.stderr += &(text + "\n");
        self
    }

    /// The same with what was found.
    pub(super) fn with(self, report: Report) -> Self {
        Self { report, ..self }
    }
}
