//! The one place that decides about a request.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method};

use super::hosts::Hosts;
use crate::net::coding::{Coding, Undecoded};
use crate::prompt::caught::caught;
use crate::prompt::{Api, PreSend, Refused, Reply, Why};

const UPGRADED: Why = Why::Unreadable("a connection that becomes another one");
const UNKNOWN: Why = Why::Unreadable("a body in an unknown or repeated content encoding");
const DAMAGED: Why = Why::Unreadable("a compressed body that is damaged");

/// Sums of a body, which are wrong once it is changed.
const SUMS: [&str; 4] = ["content-md5", "digest", "content-digest", "repr-digest"];

/// Media types of replies in which something may be restored.
const RESTORABLE: [&str; 4] = [
    "application/json",
    "text/event-stream",
    "application/x-ndjson",
    "application/vnd.amazon.eventstream",
];

/// Stands where a client's requests leave the process, for adapters of clients that have none here: how requests are sent is
/// theirs.
///
/// ```
/// use http::{HeaderMap, Method};
/// use keepmum::prompt::{Exit, PreSend};
/// use keepmum::{Redactor, ReferenceKey};
///
/// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
/// let exit = Exit::new(PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?);
/// let mut headers = HeaderMap::new();
/// headers.insert("content-type", "application/json".parse()?);
/// let api = exit.api(Some("api.openai.com"), "/v1/responses", &headers).expect("a provider");
/// let body = br#"{"input": "correct horse battery"}"#;
/// let sent = exit.look_whole(api, &Method::POST, &mut headers, body.as_slice().into())?;
/// assert!(sent.starts_with(br#"{"input": "SECRETREF_db_"#));
/// assert_eq!(headers["content-length"], sent.len().to_string());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exit {
    pub(super) pre_send: PreSend,
    hosts: Hosts,
}

impl Exit {
    /// Looks through requests to providers with `pre_send`.
    pub fn new(pre_send: PreSend) -> Self {
        Self { pre_send, hosts: Hosts::providers() }
    }

    /// Which requests are looked through.
    ///
    /// ### Default
    ///
    /// [`Hosts::providers`].
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// What a request is, by the host of its address and by its headers; none if it passes untouched.
    pub fn api(&self, host: Option<&str>, path: &str, headers: &HeaderMap) -> Option<Api> {
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        if host.is_none() && named.is_none() {
            return self.hosts.api_anywhere(path);
        }
        [host, named].into_iter().flatten().find_map(|host| self.hosts.api(host, path))
    }

    /// The body that may be sent in place of `body`, which is the whole of it, and in `headers` what goes with it. The same
    /// bytes if nothing is found.
    ///
    /// # Errors
    ///
    /// As [`PreSend::redact_request`]; also a body that is compressed in an unknown way or damaged, a request for another
    /// protocol, and a panic.
    pub fn look_whole(
        &self,
        api: Api,
        method: &Method,
        headers: &mut HeaderMap,
        body: Bytes,
    ) -> Result<Bytes, Refused> {
        let refused = |why| Refused::new(api, why);
        let coding = coding(method, headers).map_err(refused)?;
        if body.len() > self.pre_send.longest() {
            return Err(refused(Why::TooLarge(self.pre_send.longest() as u64)));
        }
        self.looked(api, coding, headers, body)
    }

    pub(super) fn looked(
        &self,
        api: Api,
        coding: Option<Coding>,
        headers: &mut HeaderMap,
        body: Bytes,
    ) -> Result<Bytes, Refused> {
        if self.restores(api) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if body.is_empty() {
            return Ok(body);
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        let Some(new) = caught(api, || self.redacted(api, coding, kind, &body))? else {
            return Ok(body);
        };
        changed(headers, new.len());
        Ok(new.into())
    }

    /// The new body; none if it stays.
    fn redacted(
        &self,
        api: Api,
        coding: Option<Coding>,
        kind: &str,
        body: &[u8],
    ) -> Result<Option<Vec<u8>>, Refused> {
        let plain = match coding {
            None => Cow::Borrowed(body),
            Some(coding) => {
                let longest = self.pre_send.longest();
                let why = |undecoded| match undecoded {
                    Undecoded::TooLong => Why::TooLarge(longest as u64),
                    Undecoded::Damaged => DAMAGED,
                };
                let decoded = coding.decoded(body, longest);
                Cow::Owned(decoded.map_err(|undecoded| Refused::new(api, why(undecoded)))?)
            }
        };
        match self.pre_send.redact_request(api, kind, &plain)?.body {
            Cow::Borrowed(_) => Ok(None),
            Cow::Owned(new) => Ok(Some(new)),
        }
    }

    /// Whether something may be restored in replies.
    fn restores(&self, api: Api) -> bool {
        RESTORABLE.iter().any(|kind| self.pre_send.reply(api, kind).is_some())
    }

    /// What restores the reply behind `headers`, whose length is not known then; none if the reply passes as it comes. That
    /// is so for one that is compressed although that was not asked for: a reference in it is no secret.
    pub fn reply(&self, api: Api, headers: &mut HeaderMap) -> Option<Reply> {
        if Coding::of(headers) != Ok(None) {
            return None;
        }
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let reply = self.pre_send.reply(api, kind)?;
        headers.remove(CONTENT_LENGTH);
        Some(reply)
    }
}

/// How the body of a request is compressed, if it can be looked through at all.
pub(super) fn coding(method: &Method, headers: &HeaderMap) -> Result<Option<Coding>, Why> {
    if method == Method::CONNECT || headers.contains_key(UPGRADE) {
        return Err(UPGRADED);
    }
    Coding::of(headers).map_err(|_| UNKNOWN)
}

/// Headers of a body that was changed, which is `length` bytes long and not compressed any more.
fn changed(headers: &mut HeaderMap, length: usize) {
    headers.remove(CONTENT_ENCODING);
    headers.remove(TRANSFER_ENCODING);
    SUMS.iter().for_each(|name| drop(headers.remove(*name)));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
}
