//! Servers on loopback that remember what they were sent.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

pub(crate) type Reply = Response<BoxBody<Bytes, Infallible>>;

type Answer = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
}

impl Server {
    /// Answers with `{}`.
    pub(crate) async fn start() -> Self {
        Self::answering(|_| whole("{}")).await
    }

    pub(crate) async fn answering(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, seen: Arc::default(), connections: Arc::default() };
        tokio::spawn(server.clone().serve(listener, Arc::new(answer)));
        server
    }

    async fn serve(self, listener: TcpListener, answer: Arc<Answer>) {
        while let Ok((stream, _)) = listener.accept().await {
            *self.connections.lock().unwrap() += 1;
            let (server, answer) = (self.clone(), answer.clone());
            let service = service_fn(move |request| {
                let (server, answer) = (server.clone(), answer.clone());
                async move { Ok::<_, Infallible>(server.answer(request, answer.as_ref()).await) }
            });
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>, answer: &Answer) -> Reply {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return whole("") };
        let seen =
            Seen { path: head.uri.to_string(), headers: head.headers, body: body.to_bytes() };
        let reply = answer(&seen);
        self.seen.lock().unwrap().push(seen);
        reply
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that arrived.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1);
        seen[0].clone()
    }

    /// Nobody has even connected.
    pub(crate) fn saw_nothing(&self) {
        assert!(self.seen().is_empty());
        assert_eq!(*self.connections.lock().unwrap(), 0);
    }
}

/// A whole JSON body.
pub(crate) fn whole(text: &'static str) -> Reply {
    let body = Full::new(Bytes::from_static(text.as_bytes())).boxed();
    Response::builder().header("content-type", "application/json").body(body).unwrap()
}
