//! What looks through requests before they are sent.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::api::Api;
use super::mode::{KeyPolicy, Mode};
use super::refused::{Refused, Why};
use super::report::Report;
use super::restore::{HELD, Reply, RestoreRule, Restoring};
use crate::structured::JsonStream;
use crate::{Guard, ReferenceKey, Secret};

/// The longest body, if nobody says otherwise.
const LONGEST: usize = 64 << 20;

/// Stands before the requests of a process. Cheap to clone.
#[derive(Clone)]
pub struct PreSend {
    guard: Guard,
    key: ReferenceKey,
    modes: Vec<(String, Mode)>,
    keys: KeyPolicy,
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
        PreSendBuilder(Self {
            guard,
            key,
            modes: Vec::new(),
            keys: KeyPolicy::default(),
            longest: LONGEST,
            restore: Vec::new(),
            restorable: Vec::new(),
            held: HELD,
            restoring: None,
        })
    }

    /// Redacts the JSON body of a request.
    ///
    /// # Errors
    ///
    /// A body that must not be sent: a secret where nothing may change, a secret that is blocked, no JSON, too long.
    pub fn redact_body<'a>(&self, api: Api, body: &'a [u8]) -> Result<Outgoing<'a>, Refused> {
        self.redact_request(api, "application/json", body)
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
        let _ = content_type;
        if body.len() > self.longest {
            return Err(Refused::new(api, Why::TooLarge(self.longest as u64)));
        }
        let redactor = self.guard.with(Clone::clone);
        let mut stream = JsonStream::new(redactor, Vec::new());
        let refused = |malformed| Refused::new(api, Why::Malformed(malformed));
        stream.push(body).map_err(refused)?;
        let body = Cow::Owned(stream.finish().map_err(refused)?);
        Ok(Outgoing { body, report: Report::default() })
    }

    /// What restores the tool calls of a reply of `content_type`; none if nothing can be restored in it, so that it is passed
    /// on as it comes.
    pub fn reply(&self, api: Api, content_type: &str) -> Option<Reply> {
        self.restoring.as_ref()?.reply(api, content_type, (&self.guard, &self.key))
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
pub struct PreSendBuilder(PreSend);

impl PreSendBuilder {
    /// What is done about findings whose name, that of the secret or the rule's id, `glob` matches. The first that matches
    /// counts.
    ///
    /// ### Default
    ///
    /// [`Mode::Redact`].
    #[must_use]
    pub fn mode(mut self, glob: &str, mode: Mode) -> Self {
        self.0.modes.push((glob.to_owned(), mode));
        self
    }

    /// What is done about secrets in keys of objects, where they may be changed at all.
    ///
    /// ### Default
    ///
    /// [`KeyPolicy::Redact`].
    #[must_use]
    pub fn keys(mut self, policy: KeyPolicy) -> Self {
        self.0.keys = policy;
        self
    }

    /// The longest body that is looked through, in bytes; longer ones are refused.
    ///
    /// ### Default
    ///
    /// 64 MiB.
    #[must_use]
    pub fn longest(mut self, bytes: usize) -> Self {
        self.0.longest = bytes;
        self
    }

    /// Allows to restore references in some tool calls.
    ///
    /// ### Default
    ///
    /// Nothing is restored.
    #[must_use]
    pub fn restore(mut self, rule: RestoreRule) -> Self {
        self.0.restore.push(rule);
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
        self.0.held = bytes;
        self
    }

    /// The secrets that rules of restoring can name, beside those of the store that the guard was made from.
    #[must_use]
    pub fn restorable(mut self, secrets: Vec<Secret>) -> Self {
        self.0.restorable.extend(secrets);
        self
    }

    /// Proves the choices good.
    ///
    /// # Errors
    ///
    /// A glob that is none, and a known secret that would be let pass.
    pub fn build(mut self) -> Result<PreSend, crate::BuildError> {
        if !self.0.restore.is_empty() {
            let secrets = std::mem::take(&mut self.0.restorable);
            let restoring = Restoring::new(&self.0.restore, secrets, self.0.held)?;
            self.0.restoring = Some(Arc::new(restoring));
        }
        Ok(self.0)
    }
}
