//! The life of a call over gRPC: one message each way.

mod codec;
mod method;
mod upstream;

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{HeaderMap, Request, Response, StatusCode};
use tokio::time::timeout;
use tonic::codec::{CompressionEncoding, Streaming};
use tonic::metadata::MetadataMap;
use tonic::server::{ClientStreamingService, Grpc};
use tonic::{Code, Extensions, Status};

use super::counts::Outcome;
use super::fault::Fault;
use super::lane::Lane;
use super::look::Look;
use super::stage::{Compression, Protocol};
use crate::net::body::{Body, whole};
use codec::Raw;
use method::Method;
use upstream::{Answer, call};

/// The longest message that asks how the upstream is: it holds the name of a service, or nothing.
const QUESTION: usize = 4 << 10;

/// Headers of one connection or of one message, which are made anew.
const OWN: [&str; 5] =
    ["content-length", "grpc-encoding", "grpc-accept-encoding", "date", "trailer"];

/// Whether `headers` are of a call.
pub(super) fn is_call(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    kind.starts_with(b"application/grpc") && !kind.starts_with(b"application/grpc-web")
}

/// Answers a call.
pub(super) async fn answer(lane: Arc<Lane>, request: Request<Incoming>) -> Response<Body> {
    if !is_call(request.headers()) {
        lane.counts.ended(Outcome::Refused);
        let mut response = Response::new(whole("keepmum: gRPC is spoken here\n"));
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let path = request.uri().path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    let Some(method) = Method::of(lane.stage.protocol, path.path()) else {
        lane.counts.ended(Outcome::Refused);
        let status = Status::unimplemented("keepmum: this method is not passed on");
        return plain(status.into_http());
    };
    let longest = match method {
        Method::Brings(_) => lane.limits.longest,
        Method::Health => QUESTION,
    };
    let mut server = Grpc::new(Raw)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(longest);
    // As a stream of one message, so that it is read here, when there is a place for it, and in time.
    plain(server.client_streaming(Passing { lane, method, path }, request).await)
}

fn plain(response: Response<tonic::body::Body>) -> Response<Body> {
    response.map(|body| body.map_err(std::io::Error::other).boxed_unsync())
}

/// A call that is passed on.
#[derive(Clone)]
struct Passing {
    lane: Arc<Lane>,
    method: Method,
    path: PathAndQuery,
}

impl ClientStreamingService<Bytes> for Passing {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        let passing = self.clone();
        Box::pin(async move {
            let answer = passing.go(request).await;
            let (protocol, counts) = (passing.lane.stage.protocol, &passing.lane.counts);
            counts.ended(match &answer {
                Ok(Ok(_)) => Outcome::Passed,
                Ok(Err(_)) => Outcome::Rejected,
                Err(fault) => fault.outcome(),
            });
            answer.unwrap_or_else(|fault| Err(fault.call(protocol)))
        })
    }
}

impl Passing {
    async fn go(&self, request: tonic::Request<Streaming<Bytes>>) -> Result<Answer, Fault> {
        let (mut metadata, _, messages) = request.into_parts();
        let came = encoding(&metadata);
        let (message, _place) = match self.method {
            Method::Brings(format) => {
                let place = self.lane.place().await;
                let body = self.only(messages).await?;
                // tonic compresses, and has decoded.
                let (lane, compression) = (Arc::clone(&self.lane), Compression::Same);
                let look = Look { lane, format, coding: None, compression, body };
                let (looked, place) = look.run(place).await?;
                (looked.body, Some(place))
            }
            Method::Health => (self.question(messages).await?, None),
        };
        clean(&mut metadata);
        let encoding = match self.lane.stage.compression {
            Compression::Same => came,
            Compression::None => None,
            Compression::Gzip => Some(CompressionEncoding::Gzip),
            Compression::Zstd => Some(CompressionEncoding::Zstd),
        };
        let request = tonic::Request::from_parts(metadata, Extensions::default(), message);
        let answer = call(&self.lane, self.path.clone(), encoding, request).await?;
        Ok(answer.map(cleaned).map_err(|mut status| {
            clean(status.metadata_mut());
            status
        }))
    }

    /// The one message of the call.
    async fn only(&self, mut messages: Streaming<Bytes>) -> Result<Bytes, Fault> {
        let read = async {
            let message = messages.message().await.map_err(|status| unread(&status))?;
            let message = message.ok_or(Fault::Malformed("the call has no message"))?;
            match messages.message().await.map_err(|status| unread(&status))? {
                None => Ok(message),
                Some(_) => Err(Fault::Malformed("the call has several messages")),
            }
        };
        let time = self.lane.limits.body_time;
        timeout(time, read).await.unwrap_or(Err(Fault::TooSlow))
    }

    /// A message that should hold no more than a name.
    async fn question(&self, messages: Streaming<Bytes>) -> Result<Bytes, Fault> {
        let message = self.only(messages).await?;
        let surface = self.lane.stage.protocol.surface();
        if *self.lane.guard.redact(surface, &message) != *message {
            return Err(Fault::Malformed("a secret stands in the question, which is not sent"));
        }
        Ok(message)
    }
}

/// How the message of a call is compressed.
fn encoding(metadata: &MetadataMap) -> Option<CompressionEncoding> {
    match metadata.get("grpc-encoding")?.as_bytes() {
        b"gzip" => Some(CompressionEncoding::Gzip),
        b"zstd" => Some(CompressionEncoding::Zstd),
        _ => None,
    }
}

/// Why a message was not read, from what tonic says of it.
fn unread(status: &Status) -> Fault {
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Fault::TooLong,
        Code::Internal => Fault::Malformed("the message is damaged"),
        _ => Fault::Incomplete,
    }
}

/// Takes out what is of one connection or of one message.
fn clean(metadata: &mut MetadataMap) {
    let mut headers = std::mem::take(metadata).into_headers();
    crate::net::headers::without_hops(&mut headers);
    OWN.iter().for_each(|name| drop(headers.remove(*name)));
    *metadata = MetadataMap::from_headers(headers);
}

fn cleaned(mut reply: tonic::Response<Bytes>) -> tonic::Response<Bytes> {
    clean(reply.metadata_mut());
    reply
}

impl Fault {
    /// As a status. Vector sends again after all but those that say that it would never help, a collector only after those
    /// that say that it may: one that is too long is told to each in the way that it does not repeat.
    fn call(self, protocol: Protocol) -> Status {
        let code = match self {
            Self::Malformed(_) => Code::InvalidArgument,
            Self::TooLong if protocol == Protocol::Otlp => Code::ResourceExhausted,
            Self::TooLong => Code::OutOfRange,
            Self::Unsupported(_) | Self::Upgrade | Self::Nowhere | Self::Method => {
                Code::Unimplemented
            }
            Self::Incomplete => Code::Cancelled,
            Self::Internal => Code::Internal,
            Self::Silent => Code::DeadlineExceeded,
            Self::TooSlow
            | Self::Unaccounted
            | Self::Unreachable
            | Self::Broken
            | Self::LongReply => Code::Unavailable,
        };
        Status::new(code, format!("keepmum: {}", self.why()))
    }
}
