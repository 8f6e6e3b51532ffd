//! A trial: does a secret stay here, on every way out?

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::builder::Proxy;
use super::error::ProxyError;
use crate::prompt::PreSend;
use crate::{Guard, Redactor, ReferenceKey, Secret};

/// The name of the secret that is tried.
const NAME: &str = "keepmum-canary";

/// One way out, and whether the canary stayed here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// Which.
    pub route: String,
    /// What is wrong; none if all is well.
    pub problem: Option<&'static str>,
}

/// Starts an upstream and a gateway on loopback ports, and sends a made-up secret, as it is and in other forms, through the
/// body of every built-in interface. Tells for each whether the upstream saw it, and whether it saw a reference in its place.
/// Nothing leaves the machine.
///
/// # Errors
///
/// The trial itself cannot be made: no port, no random numbers.
pub async fn check() -> Result<Vec<Checked>, ProxyError> {
    let canary = canary()?;
    let witness = Witness::default();
    let listener = listen().await?;
    let upstream = address(&listener)?;
    let watched = tokio::spawn(witness.clone().serve(listener));
    let trial = Trial::start(&canary, &upstream).await?;
    let mut all = Vec::new();
    for (route, path, body) in bodies(&canary) {
        witness.take();
        let problem = trial.send(path, &body).await.err();
        let problem = problem.or_else(|| wrong(&canary, &witness.take()));
        all.push(Checked { route: route.to_owned(), problem });
    }
    trial.stop.send(()).ok();
    watched.abort();
    Ok(all)
}

/// A value that nobody has: what is found of it upstream came from here.
fn canary() -> Result<String, ProxyError> {
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|_| ProxyError::new("no random numbers"))?;
    Ok(random.iter().fold("canary+".to_owned(), |text, byte| format!("{text}{byte:02x}/")))
}

async fn listen() -> Result<TcpListener, ProxyError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    listener.map_err(|error| ProxyError::new(format_args!("no port to try on: {error}")))
}

fn address(listener: &TcpListener) -> Result<String, ProxyError> {
    let address = listener.local_addr();
    address.map(|address| address.to_string()).map_err(ProxyError::new)
}

/// A gateway with one known secret, which leads everywhere to one upstream.
struct Trial {
    address: String,
    stop: oneshot::Sender<()>,
}

impl Trial {
    async fn start(canary: &str, upstream: &str) -> Result<Self, ProxyError> {
        let secret = Secret::new(NAME, canary);
        let redactor =
            Redactor::builder().builtin_rules().known(secret).map_err(ProxyError::new)?;
        let guard = Guard::from(redactor.build().map_err(ProxyError::new)?);
        let key = ReferenceKey::new(canary.as_bytes());
        let pre_send = PreSend::builder(guard, key).build().map_err(ProxyError::new)?;
        let builder = Proxy::builder(pre_send);
        let names = ["anthropic", "openai", "gemini", "ollama", "slack", "slack-hooks"];
        let base = format!("http://{upstream}");
        let proxy =
            names.iter().try_fold(builder, |builder, name| builder.upstream(name, &base))?;
        let (proxy, listener) = (proxy.build()?, listen().await?);
        let address = address(&listener)?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            proxy.serve(listener, stopped).await
        });
        Ok(Self { address, stop })
    }

    /// Sends `body`; a problem if nobody answers or the gateway refuses it.
    async fn send(&self, path: &str, body: &Value) -> Result<(), &'static str> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{path}", self.address))
            .header(HOST, &self.address)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.to_string().into()))
            .map_err(|_| "the request cannot be made")?;
        let reply = client.request(request).await.map_err(|_| "the gateway does not answer")?;
        if reply.status().is_success() { Ok(()) } else { Err("the gateway refused the request") }
    }
}

/// An upstream that remembers all it saw.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<u8>>>);

impl Witness {
    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let witness = self.clone();
            let service =
                service_fn(move |request: Request<Incoming>| witness.clone().see(request));
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    }

    async fn see(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend_from_slice(parts.uri.to_string().as_bytes());
        for value in parts.headers.values() {
            seen.extend_from_slice(value.as_bytes());
        }
        seen.extend_from_slice(&body);
        Ok(Response::new(Full::new(Bytes::from_static(b"{\"ok\":true}"))))
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is wrong with what an upstream saw.
fn wrong(canary: &str, seen: &[u8]) -> Option<&'static str> {
    if seen.is_empty() {
        return Some("the upstream saw no request");
    }
    let has = |form: &str| memchr::memmem::find(seen, form.as_bytes()).is_some();
    if forms(canary).iter().any(|form| has(form)) {
        return Some("THE UPSTREAM SAW THE SECRET");
    }
    // Of a reference the secret's name is written with underscores.
    if has(NAME) || has(&NAME.replace('-', "_")) {
        return None;
    }
    Some("nothing stands in the secret's place")
}

/// The canary as it is, percent-encoded and in hex.
fn forms(canary: &str) -> [String; 3] {
    let percent = canary.replace('+', "%2B").replace('/', "%2F");
    let hex = canary.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    [canary.to_owned(), percent, hex]
}

/// Route, path and body for every built-in interface, with the canary where each has text.
fn bodies(canary: &str) -> Vec<(&'static str, &'static str, Value)> {
    let text = forms(canary).join(" then ");
    let message = json!([{"role": "user", "content": text}]);
    let arguments = json!({"command": text}).to_string();
    vec![
        (
            "anthropic",
            "/anthropic/v1/messages",
            json!({"model": "m", "max_tokens": 1, "system": text, "messages": [
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": text}]}
            ]}),
        ),
        (
            "openai, chat",
            "/openai/v1/chat/completions",
            json!({"model": "m", "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "sh", "arguments": arguments}}
                ]}
            ]}),
        ),
        (
            "openai, responses",
            "/openai/v1/responses",
            json!({"model": "m", "instructions": text, "input": [
                {"type": "function_call_output", "call_id": "c", "output": text}
            ]}),
        ),
        (
            "gemini",
            "/gemini/v1beta/models/m:generateContent",
            json!({"contents": [{"role": "user", "parts": [{"text": text}]}]}),
        ),
        ("ollama", "/ollama/api/chat", json!({"model": "m", "messages": message})),
        ("slack", "/slack/chat.postMessage", json!({"channel": "C1", "text": text})),
        ("slack-hooks", "/slack-hooks/services/a/b", json!({"text": text})),
    ]
}
