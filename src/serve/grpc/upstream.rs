//! gRPC towards the upstream.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::CompressionEncoding;
use tonic::{Response as Reply, Status};

use super::super::fault::Fault;
use super::super::lane::Lane;
use super::super::upstream::failed;
use super::codec::Raw;
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
    broke: Arc<OnceLock<Fault>>,
    connection: Arc<OnceLock<CaptureConnection>>,
}

type Replied = Result<Response<UnsyncBoxBody<Bytes, Status>>, Status>;

impl GrpcService<Body> for Hop {
    type ResponseBody = UnsyncBoxBody<Bytes, Status>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Replied> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Asked once: a call is one request.
        let _ = self.connection.set(capture_connection(&mut request));
        let (replied, broke) = (self.pool.request(request), Arc::clone(&self.broke));
        Box::pin(async move {
            let reply = replied.await.map_err(|error| noted(&broke, failed(&error)))?;
            Ok(reply.map(|body| body.map_err(move |_| noted(&broke, Fault::Broken)).boxed_unsync()))
        })
    }
}

/// Nobody sees this status: the fault is told.
fn noted(broke: &OnceLock<Fault>, fault: Fault) -> Status {
    let fault = *broke.get_or_init(|| fault);
    Status::unavailable(fault.why())
}
