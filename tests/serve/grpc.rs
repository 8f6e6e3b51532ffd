//! Senders and upstreams that speak gRPC: tonic and prost, on hyper.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::http::uri::PathAndQuery;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use prost::Message;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::server::{Grpc, UnaryService};
use tonic::{Response, Status};
use tonic_prost::ProstCodec;

use crate::harness::within;

/// One call that an upstream saw.
#[derive(Clone, Debug)]
pub(crate) struct Call<M> {
    pub(crate) path: String,
    pub(crate) metadata: MetadataMap,
    pub(crate) message: M,
}

type Answer<R> = Pin<Box<dyn Future<Output = Result<Response<R>, Status>> + Send>>;

/// An upstream of calls with messages `M`, which remembers them.
#[derive(Clone)]
pub(crate) struct Upstream<M> {
    pub(crate) address: SocketAddr,
    calls: Arc<Mutex<Vec<Call<M>>>>,
    connections: Arc<AtomicUsize>,
}

impl<M: Message + Default + Clone + 'static> Upstream<M> {
    /// Answers with an empty message.
    pub(crate) async fn good() -> Self {
        Self::new(|_| async { Ok(Response::new(())) }).await
    }

    pub(crate) async fn new<F, R>(answer: impl Fn(Call<M>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response<R>, Status>> + Send + 'static,
        R: Message + Default + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, answer).await
    }

    /// The same on a listener that is there already.
    pub(crate) async fn on<F, R>(
        listener: TcpListener,
        answer: impl Fn(Call<M>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response<R>, Status>> + Send + 'static,
        R: Message + Default + 'static,
    {
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            calls: Arc::default(),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&upstream.connections);
        let calls = Arc::clone(&upstream.calls);
        let answer: Arc<dyn Fn(Call<M>) -> Answer<R> + Send + Sync> =
            Arc::new(move |call| Box::pin(answer(call)));
        let service = move |request: Request<Incoming>| {
            let path = request.uri().path().to_owned();
            let one = One { path, calls: Arc::clone(&calls), answer: Arc::clone(&answer) };
            async move {
                let mut server = Grpc::new(ProstCodec::<R, M>::default())
                    .accept_compressed(CompressionEncoding::Gzip)
                    .accept_compressed(CompressionEncoding::Zstd)
                    .max_decoding_message_size(usize::MAX);
                Ok::<_, hyper::Error>(server.unary(one, request).await)
            }
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let service = service_fn(service.clone());
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        upstream
    }

    pub(crate) fn calls(&self) -> Vec<Call<M>> {
        self.calls.lock().unwrap().clone()
    }

    /// How often it was connected to.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The one call that came.
    #[track_caller]
    pub(crate) fn only(&self) -> Call<M> {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1);
        calls.remove(0)
    }
}

struct One<M, R> {
    path: String,
    calls: Arc<Mutex<Vec<Call<M>>>>,
    answer: Arc<dyn Fn(Call<M>) -> Answer<R> + Send + Sync>,
}

impl<M: Message + Clone, R: Message> UnaryService<M> for One<M, R> {
    type Response = R;
    type Future = Answer<R>;

    fn call(&mut self, request: tonic::Request<M>) -> Self::Future {
        let (metadata, _, message) = request.into_parts();
        let call = Call { path: self.path.clone(), metadata, message };
        self.calls.lock().unwrap().push(call.clone());
        (self.answer)(call)
    }
}

/// A sender of calls.
#[derive(Clone)]
pub(crate) struct Sender {
    client: tonic::client::Grpc<Client<HttpConnector, tonic::body::Body>>,
}

impl Sender {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let pool = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        let origin = format!("http://{address}").parse().unwrap();
        Self { client: tonic::client::Grpc::with_origin(pool, origin) }
    }

    pub(crate) fn compressing(mut self, encoding: CompressionEncoding) -> Self {
        self.client = self.client.send_compressed(encoding);
        self
    }

    /// Calls `path`; what came back.
    pub(crate) async fn call<M, R>(&self, path: &'static str, message: M) -> Result<R, Status>
    where
        M: Message + 'static,
        R: Message + Default + 'static,
    {
        self.request(path, tonic::Request::new(message)).await.map(Response::into_inner)
    }

    pub(crate) async fn request<M, R>(
        &self,
        path: &'static str,
        request: tonic::Request<M>,
    ) -> Result<Response<R>, Status>
    where
        M: Message + 'static,
        R: Message + Default + 'static,
    {
        let path = PathAndQuery::from_static(path);
        let mut client = self.client.clone();
        within(client.unary(request, path, ProstCodec::<M, R>::default())).await
    }
}

/// Calls `path` with what stands in a body of HTTP as it is; the status.
pub(crate) async fn raw(address: SocketAddr, path: &str, body: impl Into<Bytes>) -> tonic::Code {
    let pool =
        Client::builder(TokioExecutor::new()).http2_only(true).build_http::<crate::harness::Body>();
    let request = Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-encoding", "gzip")
        .body(crate::harness::whole(body))
        .unwrap();
    let reply = within(pool.request(request)).await.unwrap();
    let headers = reply.headers().clone();
    let trailers = within(reply.into_body().collect()).await.unwrap().trailers().cloned();
    let status = Status::from_header_map(&headers);
    let status = status.or_else(|| Status::from_header_map(&trailers.unwrap_or_default()));
    status.unwrap().code()
}
