//! Upstreams that do what a test says, gateways, and clients.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use keepmum::prompt::{PreSend, PreSendBuilder};
use keepmum::proxy::{Proxy, ProxyBuilder};
use keepmum::{Guard, Redactor, ReferenceKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

pub(crate) const SECRET: &str = "correct horse battery staple";

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What an upstream saw.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An upstream that remembers all requests.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Answers each request as `answer` says.
    pub(crate) async fn new(
        answer: impl Fn(&Seen) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (seen, answer) = (Arc::clone(&upstream.seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
                        let one = Seen { method, uri, headers, body };
                        seen.lock().unwrap().push(one.clone());
                        Ok::<_, hyper::Error>(answer(&one))
                    }
                });
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
        Self::new(|_| Response::new(whole("{\"ok\":true}"))).await
    }

    /// Whatever is asked, writes `bytes` and then closes, or stays silent if it `hangs`.
    pub(crate) async fn raw(bytes: &'static [u8], then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 65536];
                    let _ = stream.read(&mut buffer).await;
                    let _ = stream.write_all(bytes).await;
                    if then == Then::Hangs {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        upstream
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

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Closes,
    Hangs,
}

pub(crate) fn whole(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| -> io::Error { match never {} }).boxed_unsync()
}

/// A body of what is sent to it, frame by frame.
pub(crate) fn scripted() -> (mpsc::Sender<Frame<Bytes>>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    let frames = futures_util::stream::unfold(receiver, |mut receiver| async {
        let frame = receiver.recv().await?;
        Some((Ok(frame), receiver))
    });
    (sender, StreamBody::new(frames).boxed_unsync())
}

/// What knows the secret.
pub(crate) fn pre_send() -> PreSendBuilder {
    let redactor = Redactor::builder().secret("db-password", SECRET).unwrap().build().unwrap();
    PreSend::builder(Guard::from(redactor), ReferenceKey::new(b"thirty-two bytes that nobody has"))
}

/// A gateway whose routes all lead to `upstream`.
pub(crate) fn to(upstream: &Upstream) -> ProxyBuilder {
    leading(Proxy::builder(pre_send().build().unwrap()), upstream)
}

pub(crate) fn leading(builder: ProxyBuilder, upstream: &Upstream) -> ProxyBuilder {
    let base = format!("http://{}", upstream.address);
    let builder = builder.upstream("openai", &format!("{base}/v1")).unwrap();
    let names = ["anthropic", "gemini", "ollama", "slack"];
    names.iter().fold(builder, |builder, name| builder.upstream(name, &base).unwrap())
}

/// A gateway that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(builder: ProxyBuilder) -> Self {
        let proxy = builder.build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            proxy.serve(listener, async { stopped.await.unwrap_or_default() }).await
        });
        Self { address, stop: Some(stop), ended }
    }

    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn ended(self) {
        drop(self.stop);
        within(self.ended).await.unwrap().unwrap();
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn post(&self, path: &str) -> http::request::Builder {
        Request::post(self.uri(path)).header("content-type", "application/json")
    }

    /// Sends a body of JSON; the status and the body of the reply.
    pub(crate) async fn send(&self, path: &str, body: impl Into<Bytes>) -> (u16, String) {
        text(within(client().request(self.post(path).body(whole(body)).unwrap())).await.unwrap())
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let request = Request::get(self.uri(path)).body(whole("")).unwrap();
        text(within(client().request(request)).await.unwrap()).await
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

/// Writes `bytes` to a new connection, and gives it.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// All that comes on `stream` until it is closed.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is reset has ended too.
    let _ = within(stream.read_to_end(&mut all)).await;
    String::from_utf8_lossy(&all).into_owned()
}

/// A test that hangs has failed.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it hangs")
}

/// Whether something stands in the secret's place, and the secret nowhere.
#[track_caller]
pub(crate) fn redacted(body: &[u8]) {
    let body = String::from_utf8_lossy(body);
    assert!(!body.contains(SECRET), "{body}");
    assert!(body.contains("db-password") || body.contains("db_password"), "{body}");
}
