//! Requests to language models, before they leave.

use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use keepmum::prompt::{self, Api, Hosts, PreSend, Refused, Why};
use napi::bindgen_prelude::{Buffer, BufferSlice};
use napi_derive::napi;

use crate::entry::caught;
use crate::error::{Kind, Result, failure};
use crate::keys;
use crate::redactor::Redactor;

/// Headers as `fetch` has them: each character of a value is a byte.
type Headers = Vec<(String, String)>;

/// Stands where the requests of a client leave the process.
#[napi]
pub struct Exit {
    exit: prompt::Exit,
    pre_send: PreSend,
}

#[napi]
impl Exit {
    #[napi(constructor)]
    pub fn new(
        redactor: &Redactor,
        key_file: Option<String>,
        hosts: Option<Vec<String>>,
    ) -> Result<Self> {
        let hosts = hosts.map_or_else(Hosts::everything, |hosts| {
            hosts.iter().fold(Hosts::providers(), |all, host| all.and(host))
        });
        let key_file = key_file.map(PathBuf::from);
        let guard = redactor.guard.clone();
        let pre_send = caught(|| keys::pre_send(&redactor.opening, guard, key_file))??;
        let exit = prompt::Exit::new(pre_send.clone()).with_hosts(hosts);
        Ok(Self { exit, pre_send })
    }

    /// The longest body that is looked through, in bytes.
    #[napi(getter)]
    pub fn longest(&self) -> f64 {
        self.pre_send.longest() as f64
    }

    /// What a request is; none if it passes untouched.
    #[napi]
    pub fn api(
        &self,
        host: Option<String>,
        path: String,
        headers: Headers,
    ) -> Result<Option<&'static str>> {
        // A head that cannot be read is refused further on, whatever it is.
        let headers = map(&headers).unwrap_or_default();
        let api = caught(|| self.exit.api(host.as_deref(), &path, &headers))?;
        Ok(api.map(Api::as_str))
    }

    /// The headers and the body that may be sent, or why nothing may.
    #[napi]
    pub fn look(
        &self,
        api: String,
        method: String,
        headers: Headers,
        body: BufferSlice<'_>,
    ) -> Result<Looked> {
        let api = named(&api)?;
        let Some((mut headers, method)) = map(&headers).zip(method.parse::<Method>().ok()) else {
            let why = Why::Unreadable("a request with such a head");
            return Ok(Looked::refused(&Refused::new(api, why)));
        };
        let whole = body.to_vec().into();
        let sent = caught(|| self.exit.look_whole(api, &method, &mut headers, whole))?;
        Ok(match sent {
            Ok(sent) => Looked::new(listed(&headers), sent.to_vec()),
            Err(refused) => Looked::refused(&refused),
        })
    }

    /// Why a request is not sent whose body is too long or breaks off.
    #[napi]
    pub fn refusal(&self, api: String, too_long: bool) -> Result<Refusal> {
        let why = if too_long {
            Why::TooLarge(self.pre_send.longest() as u64)
        } else {
            Why::Unreadable("a body that breaks off")
        };
        Ok(Refusal::new(&Refused::new(named(&api)?, why)))
    }

    /// What restores the reply behind these headers, and its headers then; none if it passes as it comes.
    #[napi]
    pub fn reply(&self, api: String, headers: Headers) -> Result<Option<Restoring>> {
        let api = named(&api)?;
        let Some(mut headers) = map(&headers) else { return Ok(None) };
        let reply = caught(|| self.exit.reply(api, &mut headers))?;
        Ok(reply.map(|reply| Restoring {
            reply: Reply { reply: Some(reply) },
            headers: listed(&headers),
        }))
    }

    /// JSON of a request, as it may be sent.
    #[napi]
    pub fn redact_body(&self, api: String, body: BufferSlice<'_>) -> Result<Looked> {
        let api = named(&api)?;
        Ok(match caught(|| self.pre_send.redact_body(api, &body))? {
            Ok(sent) => Looked::new(Headers::new(), sent.body.into_owned()),
            Err(refused) => Looked::refused(&refused),
        })
    }

    /// A text of a request, as it may be sent.
    #[napi]
    pub fn redact_text(&self, api: String, text: String) -> Result<Looked> {
        let api = named(&api)?;
        Ok(match caught(|| self.pre_send.redact_text(api, &text))? {
            Ok(sent) => Looked::new(Headers::new(), sent.body.into_owned()),
            Err(refused) => Looked::refused(&refused),
        })
    }
}

/// What became of a request.
#[napi(object, object_from_js = false)]
pub struct Looked {
    pub headers: Headers,
    pub body: Buffer,
    pub refusal: Option<Refusal>,
}

impl Looked {
    fn new(headers: Headers, body: Vec<u8>) -> Self {
        Self { headers, body: body.into(), refusal: None }
    }

    fn refused(refused: &Refused) -> Self {
        Self { refusal: Some(Refusal::new(refused)), ..Self::new(Headers::new(), Vec::new()) }
    }
}

/// Why a request is not sent, and what its sender is told.
#[napi(object, object_from_js = false)]
pub struct Refusal {
    pub message: String,
    pub status: u16,
    pub body: Buffer,
}

impl Refusal {
    fn new(refused: &Refused) -> Self {
        Self { message: refused.to_string(), status: refused.status(), body: refused.body().into() }
    }
}

/// What restores a reply.
#[napi(object, object_from_js = false)]
pub struct Restoring {
    pub reply: Reply,
    pub headers: Headers,
}

/// A reply, in whose tool calls values come back where a rule allows it.
#[napi]
pub struct Reply {
    /// None once it is finished.
    reply: Option<prompt::Reply>,
}

#[napi]
impl Reply {
    /// Takes the next bytes; gives what is decided.
    #[napi]
    pub fn push(&mut self, chunk: BufferSlice<'_>) -> Result<Buffer> {
        let over = || failure(Kind::Type, "the reply is finished, or has failed");
        let mut reply = self.reply.take().ok_or_else(over)?;
        let mut out = Vec::new();
        caught(|| reply.push(&chunk, &mut out))?;
        self.reply = Some(reply);
        Ok(out.into())
    }

    /// Says that the reply is over; gives the rest.
    #[napi]
    pub fn finish(&mut self) -> Result<Buffer> {
        let mut out = Vec::new();
        if let Some(reply) = self.reply.take() {
            drop(caught(|| reply.finish(&mut out))?);
        }
        Ok(out.into())
    }
}

fn named(api: &str) -> Result<Api> {
    let known = Api::ALL.into_iter().find(|known| known.as_str() == api);
    known.ok_or_else(|| failure(Kind::Type, format_args!("unknown api {api:?}")))
}

/// None for a head that is none.
fn map(headers: &Headers) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value: Option<Vec<u8>> = value.chars().map(|char| u8::try_from(char).ok()).collect();
        let value = HeaderValue::from_bytes(&value?).ok()?;
        map.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(map)
}

fn listed(headers: &HeaderMap) -> Headers {
    let text =
        |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
