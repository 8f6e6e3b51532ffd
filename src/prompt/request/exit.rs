//! The one place that decides about a request.

use std::borrow::Cow;
use std::pin::pin;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::hosts::Hosts;
use crate::net::coding::{Coding, Undecoded};
use crate::prompt::caught::caught;
use crate::prompt::{Api, PreSend, Refused, Reply, Why};

const UPGRADED: Why = Why::Unreadable("a connection that becomes another one");
const UNKNOWN: Why = Why::Unreadable("a body in an unknown or repeated content encoding");
const DAMAGED: Why = Why::Unreadable("a compressed body that is damaged");
const BROKEN: Why = Why::Unreadable("a body that breaks off");

/// Sums of a body, which are wrong once it is changed.
const SUMS: [&str; 4] = ["content-md5", "digest", "content-digest", "repr-digest"];

/// Media types of replies in which something may be restored.
const RESTORABLE: [&str; 4] = [
    "application/json",
    "text/event-stream",
    "application/x-ndjson",
    "application/vnd.amazon.eventstream",
];

/// Stands where a client's requests leave the process.
#[derive(Clone, Debug)]
pub(in crate::prompt) struct Exit {
    pre_send: PreSend,
    hosts: Hosts,
}

impl Exit {
    pub(in crate::prompt) fn new(pre_send: PreSend) -> Self {
        Self { pre_send, hosts: Hosts::providers() }
    }

    pub(in crate::prompt) fn with_hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// What a request is, by the host of its address and by its headers; none if it passes untouched.
    pub(in crate::prompt) fn api(
        &self,
        host: Option<&str>,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Api> {
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        if host.is_none() && named.is_none() {
            return self.hosts.api_anywhere(path);
        }
        [host, named].into_iter().flatten().find_map(|host| self.hosts.api(host, path))
    }

    /// The body that may be sent, and in `headers` what goes with it. The caller sends it whole, or sends nothing.
    ///
    /// Trailers are left out: nobody looks at them.
    pub(in crate::prompt) async fn look<B: Body>(
        &self,
        api: Api,
        method: &Method,
        headers: &mut HeaderMap,
        body: B,
    ) -> Result<Bytes, Refused> {
        let refused = |why| Refused::new(api, why);
        if method == Method::CONNECT || headers.contains_key(UPGRADE) {
            return Err(refused(UPGRADED));
        }
        let coding = Coding::of(headers).map_err(|_| refused(UNKNOWN))?;
        let body = collected(body, self.pre_send.longest()).await.map_err(refused)?;
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
    pub(in crate::prompt) fn reply(&self, api: Api, headers: &mut HeaderMap) -> Option<Reply> {
        if Coding::of(headers) != Ok(None) {
            return None;
        }
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let reply = self.pre_send.reply(api, kind)?;
        headers.remove(CONTENT_LENGTH);
        Some(reply)
    }
}

/// What a client is told instead of a reply. [`Refused`] itself is among its extensions.
pub(in crate::prompt) fn refusal(refused: Refused) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(refused.body()));
    *response.status_mut() =
        StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(refused);
    response
}

/// All of `body`, at most `most` bytes.
async fn collected<B: Body>(body: B, most: usize) -> Result<Bytes, Why> {
    let too_large = Why::TooLarge(most as u64);
    if body.size_hint().lower() > most as u64 {
        return Err(too_large);
    }
    let (mut body, mut all) = (pin!(body), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(BROKEN) };
        let Ok(data) = frame.into_data() else { continue };
        if data.remaining() > most - all.len() {
            return Err(too_large);
        }
        all.put(data);
    }
    Ok(all.freeze())
}

/// Headers of a body that was changed, which is `length` bytes long and not compressed any more.
fn changed(headers: &mut HeaderMap, length: usize) {
    headers.remove(CONTENT_ENCODING);
    headers.remove(TRANSFER_ENCODING);
    SUMS.iter().for_each(|name| drop(headers.remove(*name)));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
}
