//! gRPC towards the upstream.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Collected;
use hyper::body::Incoming;
use hyper::http::uri::PathAndQuery;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::CompressionEncoding;
use tonic::{Response as Reply, Status};

use super::super::fault::Fault;
use super::super::lane::Lane;
use super::super::upstream::{collected, failed};
use super::codec::Raw;
use super::frame::HEAD;
use crate::net::Pool;

/// What came back: a reply, or the status that the upstream gave.
pub(super) type Answer = Result<Reply<Bytes>, Status>;

/// Sends a message; a fault if the upstream has not answered.
pub(super) async fn call(
    lane: &Lane,
    path: PathAndQuery,
    encoding: Option<CompressionEncoding>,
    message: tonic::Request<Bytes>,
) -> Result<Answer, Fault> {
    let (broke, connection) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
    let hop = Hop {
        pool: lane.upstream.grpc().clone(),
        longest: lane.limits.longest,
        broke: Arc::clone(&broke),
        connection: Arc::clone(&connection),
    };
    let mut client = Grpc::with_origin(hop, lane.upstream.base().clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(lane.limits.longest);
    if let Some(encoding) = encoding {
        client = client.send_compressed(encoding);
    }
    let called = async {
        let answer = client.unary(message, path, Raw).await;
        match broke.get() {
            Some(fault) if answer.is_err() => Err(*fault),
            _ => Ok(answer),
        }
    };
    lane.upstream.in_time(called, || connection.get().cloned()).await
}

/// The connections to an upstream as tonic wants them. What breaks is remembered, to be told from what the upstream says.
struct Hop {
    pool: Pool<Body>,
    /// Bytes of a reply's message.
    longest: usize,
    broke: Arc<OnceLock<Fault>>,
    connection: Arc<OnceLock<CaptureConnection>>,
}

type Replied = Result<Response<Collected<Bytes>>, Status>;

impl GrpcService<Body> for Hop {
    type ResponseBody = Collected<Bytes>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Replied> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Asked once: a call is one request.
        let _ = self.connection.set(capture_connection(&mut request));
        let (replied, broke, most) = (
            self.pool.request(request),
            Arc::clone(&self.broke),
            self.longest.saturating_add(HEAD),
        );
        Box::pin(async move {
            let replied = replied.await.map_err(|error| failed(&error));
            let reply = match replied {
                Ok(reply) => ended(reply, most).await,
                Err(fault) => Err(fault),
            };
            // Nobody sees this status: the fault is told.
            reply.map_err(|fault| Status::unavailable(broke.get_or_init(|| fault).why()))
        })
    }
}

/// A reply that has come to its end, which a status stands at. Over HTTP/2 one that the upstream gave up may look as if it had;
/// taken for the upstream's answer, it would have senders drop what nobody has. Without HTTP's own `200` it is an answer
/// of whoever stands before the upstream, and tells what it is by that.
async fn ended(
    reply: Response<Incoming>,
    most: usize,
) -> Result<Response<Collected<Bytes>>, Fault> {
    let (parts, body) = reply.into_parts();
    let body = collected(body, most).await?;
    let told = |headers: &HeaderMap| headers.contains_key("grpc-status");
    if parts.status == StatusCode::OK && !told(&parts.headers) && !body.trailers().is_some_and(told)
    {
        return Err(Fault::Broken);
    }
    Ok(Response::from_parts(parts, body))
}
