//! What looks through requests before they are sent.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::api::Api;
use super::appends::{Appends, Follows};
use super::body::Kind;
use super::look::{Change, Look, Stop, Tools, Unchangeable, edits};
use super::mode::{KeyPolicy, Mode};
use super::modes::Modes;
use super::refused::{Refused, Why};
use super::report::{Found, Report, Unscanned};
use super::restore::{HELD, Reply, RestoreRule, Restoring};
use super::shape::Shape;
#[cfg(feature = "hook")]
use crate::Origin;
use crate::structured::splice;
use crate::{BuildError, Finding, Guard, Redactor, ReferenceKey, Secret, Surface};

/// How deep JSON in strings of JSON is followed, if nobody says otherwise.
const DEEPEST_STRINGS: usize = 4;

/// The longest body, if nobody says otherwise.
const LONGEST: usize = 64 << 20;

/// Stands before the requests of a process. Cheap to clone.
#[derive(Clone)]
pub struct PreSend {
    pub(super) guard: Guard,
    pub(super) key: ReferenceKey,
    modes: Arc<Modes>,
    keys: KeyPolicy,
    strings: usize,
    appends: Arc<Appends>,
    longest: usize,
    restore: Vec<RestoreRule>,
    restorable: Vec<Secret>,
    held: usize,
    /// None without rules.
    restoring: Option<Arc<Restoring>>,
}

/// A request's body as it may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing<'a> {
    /// Borrowed if nothing was changed.
    pub body: Cow<'a, [u8]>,
    /// What was done to it.
    pub report: Report,
}

impl PreSend {
    /// Redacts with `guard`; `key` makes the references.
    pub fn builder(guard: Guard, key: ReferenceKey) -> PreSendBuilder {
        let guard = Self {
            guard,
            key,
            modes: Arc::default(),
            keys: KeyPolicy::default(),
            strings: DEEPEST_STRINGS,
            appends: Arc::default(),
            longest: LONGEST,
            restore: Vec::new(),
            restorable: Vec::new(),
            held: HELD,
            restoring: None,
        };
        PreSendBuilder { guard, modes: Vec::new() }
    }

    /// Redacts the JSON body of a request.
    ///
    /// ```
    /// use keepmum::prompt::{Api, PreSend};
    /// use keepmum::{Redactor, ReferenceKey};
    ///
    /// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
    /// let guard = PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?;
    /// let body = br#"{"model": "m", "messages": [{"role": "user", "content": "pw: correct horse battery"}]}"#;
    /// let sent = guard.redact_body(Api::OpenAiChat, body)?;
    /// assert!(String::from_utf8_lossy(&sent.body).contains(r#""content": "pw: SECRETREF_db_"#));
    /// assert_eq!(sent.report.found[0].place, "messages[0].content");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A body that must not be sent: a secret where nothing may change, a secret that is blocked, no JSON, too long.
    pub fn redact_body<'a>(&self, api: Api, body: &'a [u8]) -> Result<Outgoing<'a>, Refused> {
        self.redact(api, Kind::Json, body)
    }

    /// As [`redact_body`](Self::redact_body) for a body of any media type: JSON and lines of it, forms, parts of forms, text.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn redact_request<'a>(
        &self,
        api: Api,
        content_type: &str,
        body: &'a [u8],
    ) -> Result<Outgoing<'a>, Refused> {
        self.redact(api, Kind::of(content_type), body)
    }

    /// Redacts a text, such as a prompt before a client of any kind gets it.
    ///
    /// # Errors
    ///
    /// A secret that is blocked, and a text that is too long.
    pub fn redact_text<'a>(&self, api: Api, text: &'a str) -> Result<Outgoing<'a>, Refused> {
        self.redact(api, Kind::Text, text.as_bytes())
    }

    /// What becomes of a text in the next request. Nobody is told.
    pub(super) fn again_text<'a>(&self, text: &'a [u8]) -> Result<Outgoing<'a>, Refused> {
        self.guard.with(|redactor| self.look(Api::Json, redactor, Kind::Text, text))
    }

    /// What becomes of JSON in the next request. Nobody is told.
    pub(super) fn again_json<'a>(&self, json: &'a [u8]) -> Result<Outgoing<'a>, Refused> {
        self.guard.with(|redactor| self.look(Api::Json, redactor, Kind::Json, json))
    }

    fn redact<'a>(&self, api: Api, kind: Kind, body: &'a [u8]) -> Result<Outgoing<'a>, Refused> {
        let surface = if api.is_slack() { Surface::SLACK } else { Surface::PROMPT };
        let look = |redactor: &Redactor| self.look(api, redactor, kind, body);
        let sent = self.guard.timed(surface, body.len(), look)?;
        sent.report.found.iter().for_each(|found| self.guard.observe(surface, &found.finding));
        Ok(sent)
    }

    fn look<'a>(
        &self,
        api: Api,
        redactor: &Redactor,
        kind: Kind,
        body: &'a [u8],
    ) -> Result<Outgoing<'a>, Refused> {
        if body.len() > self.longest {
            return Err(Refused::new(api, Why::TooLarge(self.longest as u64)));
        }
        let mut look = Look::new(self.tools(Shape::of(api), Self::follows(api), redactor));
        let changes = look.body(kind, body).map_err(|stop| match stop {
            Stop::Malformed(malformed) => Refused::new(api, Why::Malformed(malformed)),
            Stop::Refused(why) => Refused::new(api, why),
        })?;
        Ok(outgoing(body, changes, look.unscanned))
    }

    /// Redacts a document whose fields are those of `shape`.
    #[cfg(feature = "hook")]
    pub(crate) fn shaped<'a>(
        &self,
        surface: Surface,
        shape: &Shape,
        json: &'a [u8],
    ) -> Result<Outgoing<'a>, Why> {
        let look = |redactor: &Redactor| self.look_shaped(redactor, shape, json);
        let seen = self.guard.timed(surface, json.len(), look)?;
        seen.report.found.iter().for_each(|found| self.guard.observe(surface, &found.finding));
        Ok(seen)
    }

    /// Puts values in the place of references in the arguments of a call of `tool`, as far as a rule allows it; none if
    /// nothing changes. `shape` is that of the arguments.
    #[cfg(feature = "hook")]
    pub(crate) fn restored(&self, tool: &str, shape: &Shape, json: &[u8]) -> Option<Vec<u8>> {
        self.restoring.as_ref()?.arguments(self, tool, shape, json)
    }

    /// Whether what is called so is found by a rule, or known.
    #[cfg(feature = "hook")]
    pub(crate) fn origin(&self, name: &str) -> Origin {
        let is_rule = self.guard.with(|redactor| redactor.confidence(name).is_some());
        if is_rule { Origin::Rule } else { Origin::Secret }
    }

    /// As [`shaped`](Self::shaped). Nobody is told.
    #[cfg(feature = "hook")]
    pub(super) fn again_shaped<'a>(
        &self,
        shape: &Shape,
        json: &'a [u8],
    ) -> Result<Outgoing<'a>, Why> {
        self.guard.with(|redactor| self.look_shaped(redactor, shape, json))
    }

    #[cfg(feature = "hook")]
    fn look_shaped<'a>(
        &self,
        redactor: &Redactor,
        shape: &Shape,
        json: &'a [u8],
    ) -> Result<Outgoing<'a>, Why> {
        if json.len() > self.longest {
            return Err(Why::TooLarge(self.longest as u64));
        }
        let mut look = Look::new(self.tools(shape, None, redactor));
        let changes = look.json(json).map_err(|stop| match stop {
            Stop::Malformed(malformed) => Why::Malformed(malformed),
            Stop::Refused(why) => why,
        })?;
        Ok(outgoing(json, changes, look.unscanned))
    }

    fn follows(api: Api) -> Option<Follows> {
        match api {
            Api::SlackAppend => Some(Follows::More),
            Api::SlackStop => Some(Follows::Nothing),
            _ => None,
        }
    }

    fn tools<'a>(
        &'a self,
        shape: &'a Shape,
        follows: Option<Follows>,
        redactor: &'a Redactor,
    ) -> Tools<'a> {
        Tools {
            redactor,
            key: &self.key,
            modes: &self.modes,
            keys: shape.keys.unwrap_or(self.keys),
            strings: self.strings,
            shape,
            placeholder: shape.placeholder,
            fixed: Unchangeable::Refuses,
            appends: follows.map(|follows| (&*self.appends, follows)),
        }
    }

    /// What restores the tool calls of a reply of `content_type`; none if nothing can be restored in it, so that it is passed
    /// on as it comes.
    pub fn reply(&self, api: Api, content_type: &str) -> Option<Reply> {
        self.restoring.as_ref()?.reply(api, content_type, self)
    }

    /// The longest body that is looked through, in bytes.
    pub fn longest(&self) -> usize {
        self.longest
    }
}

impl fmt::Debug for PreSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreSend").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// Collects the choices of a [`PreSend`].
#[derive(Clone, Debug)]
pub struct PreSendBuilder {
    guard: PreSend,
    modes: Vec<(String, Mode)>,
}

impl PreSendBuilder {
    /// What is done about findings whose name, that of the secret or the rule's id, `glob` matches. The first that matches
    /// counts. A known secret is redacted even if the mode would let it pass.
    ///
    /// ### Default
    ///
    /// [`Mode::Redact`].
    #[must_use]
    pub fn mode(mut self, glob: &str, mode: Mode) -> Self {
        self.modes.push((glob.to_owned(), mode));
        self
    }

    /// What is done about secrets in keys of objects, where they may be changed at all.
    ///
    /// ### Default
    ///
    /// [`KeyPolicy::Redact`].
    #[must_use]
    pub fn keys(mut self, policy: KeyPolicy) -> Self {
        self.guard.keys = policy;
        self
    }

    /// How deep JSON in strings of JSON is followed. Deeper down it is text, in which known secrets are found through two
    /// more levels of escapes.
    ///
    /// ### Default
    ///
    /// 4.
    #[must_use]
    pub fn deepest_strings(mut self, strings: usize) -> Self {
        self.guard.strings = strings;
        self
    }

    /// The longest body that is looked through, in bytes; longer ones are refused.
    ///
    /// ### Default
    ///
    /// 64 MiB.
    #[must_use]
    pub fn longest(mut self, bytes: usize) -> Self {
        self.guard.longest = bytes;
        self
    }

    /// Allows to restore references in some tool calls.
    ///
    /// ### Default
    ///
    /// Nothing is restored.
    #[must_use]
    pub fn restore(mut self, rule: RestoreRule) -> Self {
        self.guard.restore.push(rule);
        self
    }

    /// How many bytes of a reply are held at most, while it is open whether a call in it gets values. A reply that needs more
    /// is passed on as it is; one that is not a stream may have sixteen times as many.
    ///
    /// ### Default
    ///
    /// 1 MiB.
    #[must_use]
    pub fn held(mut self, bytes: usize) -> Self {
        self.guard.held = bytes;
        self
    }

    /// The secrets that rules of restoring can name, beside those of the store that the guard was made from.
    #[must_use]
    pub fn restorable(mut self, secrets: Vec<Secret>) -> Self {
        self.guard.restorable.extend(secrets);
        self
    }

    /// Proves the choices good.
    ///
    /// # Errors
    ///
    /// A glob that is none.
    pub fn build(self) -> Result<PreSend, BuildError> {
        let mut guard = self.guard;
        guard.modes = Arc::new(guard.guard.with(|redactor| Modes::new(&self.modes, redactor))?);
        if !guard.restore.is_empty() {
            let secrets = std::mem::take(&mut guard.restorable);
            guard.restoring = Some(Arc::new(Restoring::new(&guard.restore, secrets, guard.held)?));
        }
        Ok(guard)
    }
}

/// The body with its changes made, and what is told of them.
fn outgoing<'a>(body: &'a [u8], changes: Vec<Change>, unscanned: Vec<Unscanned>) -> Outgoing<'a> {
    let edits = edits(&changes);
    let mut report = Report { unscanned, ..Report::default() };
    report.first_changed = edits.first().map(|edit| edit.span.start());
    report.changed = edits.iter().map(|edit| edit.span.len()).sum();
    report.found = changes
        .into_iter()
        .filter_map(|Change { span, found, .. }| {
            let found = found?;
            Some(Found { finding: Finding { span, ..found.finding.clone() }, ..found })
        })
        .collect();
    report.found.sort_by_key(|found| found.finding.span.start());
    let body =
        if edits.is_empty() { Cow::Borrowed(body) } else { Cow::Owned(splice(body, &edits)) };
    Outgoing { body, report }
}
