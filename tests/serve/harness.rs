//! Upstreams that do what a test says, stages, and senders over HTTP.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use keepmum::serve::{Protocol, Serve, ServeBuilder, Stage};
use keepmum::{Guard, Redactor};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) const SECRET: &str = "correct horse battery staple";

/// What stands for it.
pub(crate) const REDACTED: &str = "[REDACTED:db-password]";

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What an upstream saw.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// An upstream that remembers all requests.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Answers each request as `answer` says.
    pub(crate) async fn new<F>(answer: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (seen, answer) = (Arc::clone(&upstream.seen), Arc::new(answer));
        let service = move |request: Request<Incoming>| {
            let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
                let one = Seen { method, uri, headers, body };
                seen.lock().unwrap().push(one.clone());
                Ok::<_, hyper::Error>(answer(one).await)
            }
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service_fn(service.clone());
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        upstream
    }

    /// Answers with a word.
    pub(crate) async fn good() -> Self {
        Self::answering(200, "good").await
    }

    pub(crate) async fn answering(status: u16, body: &'static str) -> Self {
        Self::new(move |_| async move { reply(status, body) }).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that came.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

pub(crate) fn whole(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| -> io::Error { match never {} }).boxed_unsync()
}

pub(crate) fn reply(status: u16, body: &'static str) -> Response<Body> {
    Response::builder().status(status).body(whole(body)).unwrap()
}

/// What knows the secret, and the built-in rules.
pub(crate) fn guard() -> Guard {
    let builder = Redactor::builder().builtin_rules().secret("db-password", SECRET).unwrap();
    Guard::from(builder.build().unwrap())
}

pub(crate) fn stage(protocol: Protocol, upstream: SocketAddr) -> Stage {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Stage::new(protocol, any, &format!("http://{upstream}")).unwrap()
}

/// Stages with one that leads to `upstream`.
pub(crate) fn to(protocol: Protocol, upstream: SocketAddr) -> ServeBuilder {
    Serve::builder(guard()).stage(stage(protocol, upstream))
}

/// A stage that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) status: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(builder: ServeBuilder) -> Self {
        let bound = builder.build().unwrap().bind().await.unwrap();
        let (address, status) = (bound.addresses().unwrap()[0], bound.status().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let run = bound.run(async { stopped.await.unwrap_or_default() });
        Self { address, status, stop: Some(stop), ended: tokio::spawn(run) }
    }

    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn ended(self) {
        drop(self.stop);
        within(self.ended).await.unwrap();
    }

    /// Sends a body of this media type; the status and the body of the reply.
    pub(crate) async fn send(&self, kind: &str, body: impl Into<Bytes>) -> (u16, String) {
        let request = Request::post(format!("http://{}/in?key=k", self.address));
        let request = request.header("content-type", kind).body(whole(body)).unwrap();
        text(within(client().request(request)).await.unwrap()).await
    }

    /// The figure of a line of `/metrics`.
    pub(crate) async fn figure(&self, line: &str) -> u64 {
        let uri = format!("http://{}/metrics", self.status.unwrap());
        let request = Request::get(uri).body(whole("")).unwrap();
        let (_, text) = text(within(client().request(request)).await.unwrap()).await;
        let figure = text.lines().find_map(|one| one.strip_prefix(line)?.trim().parse().ok());
        figure.unwrap_or_else(|| panic!("no {line} in {text}"))
    }
}

pub(crate) fn client() -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new()).build_http()
}

pub(crate) async fn text(reply: Response<Incoming>) -> (u16, String) {
    let status = reply.status().as_u16();
    let body = within(reply.into_body().collect()).await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A test that hangs has failed.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it hangs")
}

/// Waits until something is so.
pub(crate) async fn until(mut so: impl FnMut() -> bool) {
    within(async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
