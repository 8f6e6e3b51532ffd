//! What answers an agent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::agent::Agent;
use super::answer::Answer;
use super::contract::{Contract, Guards, On};
use super::event::{Event, Part};
use super::failure::Failure;
use super::mask::{self, Mask};
use super::template::{Template, quoted, text_of};
use crate::prompt::{Found, Outgoing, PreSend, Report, Treatment, Why, json};
use crate::{Finding, Span, Surface};

/// Answers the events of an agent. Cheap to clone.
///
/// ```
/// use keepmum::hook::{Agent, Hook};
/// use keepmum::prompt::PreSend;
/// use keepmum::{Redactor, ReferenceKey};
///
/// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
/// let hook = Hook::new(PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?);
/// let event = br#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"echo correct horse battery"}}"#;
/// let answer = hook.answer(Agent::ClaudeCode, None, event);
/// assert!(String::from_utf8_lossy(&answer.stdout).contains(r#""updatedInput":{"command":"echo SECRETREF_db_"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Hook {
    pre_send: PreSend,
    warnings: Arc<[String]>,
}

impl Hook {
    /// Redacts and restores as `pre_send` does, its modes and rules of restoring included.
    pub fn new(pre_send: PreSend) -> Self {
        Self { pre_send, warnings: Arc::default() }
    }

    /// Tells of these at every event, such as of secrets that cannot be looked for: on standard error, and with a prompt where
    /// the agent shows its user what a hook says. They hold no secret.
    #[must_use]
    pub fn warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings.into();
        self
    }

    /// What `agent` is told that wrote `input`. `event` is the name of the event, of an agent that does not say it; if both say
    /// one they have to agree.
    ///
    /// Nothing is an error, nor does it panic: what goes wrong is a [`refusal`].
    pub fn answer(&self, agent: Agent, event: Option<&str>, input: &[u8]) -> Answer {
        let answered = Event::read(agent, event, input).and_then(|read| self.look(&read));
        answered.unwrap_or_else(|failure| refusal(agent, event, input, &failure))
    }

    /// The same for an event that was read.
    ///
    /// # Errors
    ///
    /// What has to be answered by a [`refusal`].
    pub fn look(&self, event: &Event<'_>) -> Result<Answer, Failure> {
        let look = || self.judge(event);
        // What a panic had seen by then is thrown away.
        catch_unwind(AssertUnwindSafe(look)).unwrap_or(Err(Failure::Panic))
    }

    fn judge(&self, event: &Event<'_>) -> Result<Answer, Failure> {
        let Some(on) = event.on else { return Ok(Answer::pass()) };
        let call = Call { hook: self, event, on };
        let mut answer = match (on.guards, &event.parts[..]) {
            (Guards::Fixed, parts) => call.fixed(parts),
            (Guards::Input, [part]) => call.input(part),
            (Guards::Output, [part]) => call.output(part),
            _ => Err(Failure::Unreadable("the field to look through is there under two names")),
        }?;
        answer.stderr += &unscanned(&answer.report);
        Ok(answer.warned(&self.warnings, on.message.as_deref()))
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("pre_send", &self.pre_send).finish_non_exhaustive()
    }
}

/// What `agent` is told that wrote `input`, if nobody can look through it: no, in its own words for the event if it can be
/// known, else for all of them.
///
/// ```
/// use keepmum::hook::{Agent, Failure, refusal};
///
/// let answer = refusal(Agent::Codex, Some("PreToolUse"), b"", &Failure::Time);
/// assert!(String::from_utf8_lossy(&answer.stdout).contains(r#""permissionDecision":"deny""#));
/// ```
pub fn refusal(agent: Agent, event: Option<&str>, input: &[u8], failure: &Failure) -> Answer {
    let reason = format!("keepmum stopped this, because {failure}");
    let read = Event::read(agent, event, input);
    if let Some((event, on)) = read.as_ref().ok().and_then(|event| Some((event, event.on?))) {
        return refused(event, on, &reason);
    }
    let contract = Contract::of(agent);
    let told = event.and_then(|event| contract.on(event, ""));
    let unknown = &contract.file.unknown;
    match told.map(|on| (on, &on.failed)) {
        Some((on, Some(failed))) => say(failed, &advised(&reason, &on.advice), b"null", 0),
        Some((on, None)) => say(&on.refused, &reason, b"null", 0),
        None => say(&unknown.answer, &advised(&reason, &unknown.advice), b"null", unknown.code),
    }
}

/// A reason, and what to do.
fn advised(reason: &str, advice: &str) -> String {
    if advice.is_empty() { reason.to_owned() } else { format!("{reason}. {advice}") }
}

/// What nobody looked into.
fn unscanned(report: &Report) -> String {
    let lines = report.unscanned.iter().map(|part| {
        format!(
            "keepmum: {} ({} bytes) was not looked through: {}\n",
            part.place, part.bytes, part.why
        )
    });
    lines.collect()
}

/// What is said to an event that is refused.
fn refused(event: &Event<'_>, on: &On, reason: &str) -> Answer {
    let shown = event.contract.withheld(&event.tool);
    match (on.refused.has("withheld"), shown, &on.failed) {
        (true, None, Some(failed)) => say(failed, &advised(reason, &on.advice), b"null", 0),
        (_, shown, _) => {
            let quoted = quoted(reason);
            let shown = shown.map(|shown| shown.fill(&[("reason", &quoted)]));
            say(&on.refused, reason, shown.as_deref().unwrap_or(b"null"), 0)
        }
    }
}

fn say(template: &Template, reason: &str, withheld: &[u8], code: u8) -> Answer {
    let quoted = quoted(reason);
    let stdout = template.fill(&[("reason", &quoted), ("withheld", withheld)]);
    Answer { stdout, stderr: format!("{reason}\n"), code, ..Answer::pass() }
}

/// An event that is guarded.
struct Call<'a> {
    hook: &'a Hook,
    event: &'a Event<'a>,
    on: &'static On,
}

impl Call<'_> {
    fn look<'a>(&self, part: &'a Part<'_>) -> Result<Outgoing<'a>, Why> {
        let shape = self.event.contract.shape(self.on, &self.event.tool);
        self.hook.pre_send.shaped(Surface::HOOK, shape, part.json.as_bytes())
    }

    /// What cannot be changed.
    fn fixed(&self, parts: &[Part<'_>]) -> Result<Answer, Failure> {
        let mut report = Report::default();
        for part in parts {
            match self.look(part) {
                Ok(seen) => {
                    report.found.extend(seen.report.found);
                    report.unscanned.extend(seen.report.unscanned);
                }
                Err(why) => return self.unlooked(&why),
            }
        }
        let names = Names::of(&report);
        if names.is_empty() {
            return Ok(Answer::pass().with(report));
        }
        let advice = self.on.advice.replace("{instead}", &names.instead());
        let reason = format!("keepmum: {} holds {names}. {advice}", self.on.what);
        Ok(self.refuse(reason.trim_end()).with(report))
    }

    /// What a tool is given.
    fn input(&self, part: &Part<'_>) -> Result<Answer, Failure> {
        let seen = match self.look(part) {
            Ok(seen) => seen,
            Err(why) => return self.unlooked(&why),
        };
        let (contract, tool) = (self.event.contract, &*self.event.tool);
        let shape = contract.shape(self.on, tool);
        let given =
            self.hook.pre_send.restored(tool, shape, &seen.body).map_or(seen.body, Cow::Owned);
        let refused =
            contract.writes(tool).then(|| self.unwritable(&given, &seen.report)).flatten();
        let answer = match refused {
            Some(reason) => self.refuse(&reason),
            None if *given == *part.json.as_bytes() => Answer::pass(),
            None => self.change(&given, &seen.report)?,
        };
        Ok(answer.with(seen.report))
    }

    /// What a tool gave back.
    fn output(&self, part: &Part<'_>) -> Result<Answer, Failure> {
        match self.look(part) {
            Ok(seen) if seen.report.is_unchanged() => Ok(Answer::pass().with(seen.report)),
            Ok(seen) => {
                let mut answer = self.change(&seen.body, &seen.report)?;
                answer.stderr += &self.left_behind(&part.json);
                Ok(answer.with(seen.report))
            }
            Err(why) => self.unlooked(&why),
        }
    }

    /// Why what is given must not be written into a file.
    fn unwritable(&self, given: &[u8], report: &Report) -> Option<String> {
        let tool = &self.event.tool;
        let names = Names::of(report);
        let mask = mask::first(given, &self.event.contract.file.replaced)?;
        if !names.is_empty() {
            return Some(format!(
                "keepmum: {tool} would write {names} into a file, and was not run. Have the program read the value from where it is kept."
            ));
        }
        let what = match mask {
            Mask::Reference(reference) => format!("`{reference}`, which"),
            Mask::Damaged => "a damaged reference, which".to_owned(),
            Mask::Redacted => "a mask such as `[REDACTED:…]`, which".to_owned(),
        };
        Some(format!(
            "keepmum: {tool} was given {what} stands for a value and is not it: in a file it would take the value's place. Leave that part of the file as it is, and name none of it."
        ))
    }

    fn change(&self, part: &[u8], report: &Report) -> Result<Answer, Failure> {
        let template = self.on.changed.as_ref().expect("tested: all but what is fixed has one");
        let part = std::str::from_utf8(part).map_err(|_| Failure::Unreadable("it is no text"))?;
        let text = match template.has("text") {
            true => text_of(&self.on.lead, self.text(part)),
            false => Vec::new(),
        };
        let stdout = template.fill(&[("part", part.as_bytes()), ("text", &text)]);
        let names = Names::of(report);
        let stderr =
            if names.is_empty() { String::new() } else { format!("keepmum: replaced {names}\n") };
        Ok(Answer { stdout, stderr, ..Answer::pass() })
    }

    /// The member of a part that is said as a text.
    fn text<'a>(&self, part: &'a str) -> &'a str {
        self.on.text.iter().find_map(|name| json::member(part, name)).unwrap_or(part)
    }

    /// Files in which the output stays as it was.
    fn left_behind(&self, part: &str) -> String {
        let members = json::members(part).unwrap_or_default();
        let raw = &self.event.contract.file.raw;
        let named = members.iter().filter(|(name, value)| {
            raw.iter().any(|own| own == name)
                && json::string(value).is_some_and(|path| !path.is_empty())
        });
        named
            .map(|(name, _)| {
                format!("keepmum: the agent keeps the output as it was in the file of {name}\n")
            })
            .collect()
    }

    /// It cannot be sent with anything replaced.
    fn unlooked(&self, why: &Why) -> Result<Answer, Failure> {
        let (name, place, what) = match why {
            Why::Fixed { name, place } => (name, place, ", where nothing may be changed"),
            Why::Blocked { name, place } => (name, place, " and is blocked"),
            Why::TooLarge(_) => return Err(Failure::TooLong),
            _ => return Err(Failure::Unreadable("the field to look through is no JSON")),
        };
        let refused = self.refuse(&format!("keepmum: `{name}` stands in {place}{what}"));
        Ok(refused.with(self.stopped_by(name, place)))
    }

    /// What is recorded of a look that ended at a secret. As for a prompt that is refused, nothing of it gets through.
    fn stopped_by(&self, name: &str, place: &str) -> Report {
        let finding = Finding {
            origin: self.hook.pre_send.origin(name),
            name: name.into(),
            span: Span::new(0, 0),
            fingerprint: None,
        };
        let (place, treatment) = (place.to_owned(), Treatment::Redacted);
        let found = vec![Found { finding, place, treatment, reference: None }];
        Report { found, ..Report::default() }
    }

    fn refuse(&self, reason: &str) -> Answer {
        refused(self.event, self.on, reason)
    }
}

/// What was found and counts, by name, with its references.
struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    fn of(report: &Report) -> Self {
        let mut names = BTreeMap::<_, Vec<String>>::new();
        for found in &report.found {
            let Some(reference) = &found.reference else { continue };
            let own = names.entry(found.finding.name().to_owned()).or_default();
            if !own.iter().any(|known| known == reference.as_str()) {
                own.push(reference.to_string());
            }
        }
        Self(names)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What can be written in their place.
    fn instead(&self) -> String {
        let references: Vec<&str> = self.0.values().flatten().map(String::as_str).collect();
        format!("Write {} in its place, or say where the value is kept.", references.join(", "))
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.keys().map(|name| format!("`{name}`")).collect();
        f.write_str(&names.join(", "))
    }
}
