//! The life of a call over gRPC: one message each way.

mod codec;
mod frame;
mod method;
mod upstream;

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response, StatusCode};
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Extensions, Status};

use super::counts::Outcome;
use super::fault::Fault;
use super::lane::Lane;
use super::look::Look;
use super::stage::{Compression, Protocol};
use crate::net::body::{Body, whole};
use crate::net::coding::Coding;
use frame::{Frame, HEAD, framed};
use method::Method;
use upstream::call;

/// The longest message that asks how the upstream is: it holds the name of a service, or nothing.
const QUESTION: usize = 4 << 10;

/// Headers of one connection or of one message, which are made anew.
const OWN: [&str; 5] =
    ["content-length", "grpc-encoding", "grpc-accept-encoding", "date", "trailer"];

/// Told behind a reply.
const STATUS: HeaderName = HeaderName::from_static("grpc-status");

const UNKNOWN: Fault = Fault::Unsupported("this method is not passed on");

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
    let (parts, body) = request.into_parts();
    let answer = pass(&lane, parts, body).await;
    lane.counts.ended(match &answer {
        Ok(Ok(_)) => Outcome::Passed,
        Ok(Err(_)) => Outcome::Rejected,
        Err(fault) => fault.outcome(),
    });
    let answer = answer.unwrap_or_else(|fault| Err(fault.call(lane.stage.protocol)));
    answer.unwrap_or_else(|status| status.into_http::<Full<Bytes>>().map(sent))
}

/// Passes a call on, and what came back.
async fn pass(
    lane: &Arc<Lane>,
    parts: Parts,
    body: Incoming,
) -> Result<Result<Response<Body>, Status>, Fault> {
    let path = parts.uri.path_and_query().cloned().ok_or(UNKNOWN)?;
    let method = Method::of(lane.stage.protocol, path.path()).ok_or(UNKNOWN)?;
    let coding = coding(&parts.headers)?;
    let (message, came, _place) = match method {
        Method::Brings(format) => {
            let (body, place) = lane.taken(body, lane.limits.longest.saturating_add(HEAD)).await?;
            let (body, coding) = only(body, coding, lane.limits.longest)?;
            // tonic compresses.
            let (lane, compression) = (Arc::clone(lane), Compression::None);
            let look = Look { lane, format, coding, compression, body };
            let (looked, place) = look.run(place).await?;
            (looked.body, coding, Some(place))
        }
        Method::Health => (question(lane, body, coding).await?, None, None),
    };
    let mut metadata = MetadataMap::from_headers(parts.headers);
    clean(&mut metadata);
    let request = tonic::Request::from_parts(metadata, Extensions::default(), message);
    match call(lane, path, encoding(lane.stage.compression, came), request).await? {
        Ok(reply) => replied(reply).map(Ok),
        Err(mut status) => {
            clean(status.metadata_mut());
            Ok(Err(status))
        }
    }
}

/// How the message of a call is compressed, if it is.
fn coding(headers: &HeaderMap) -> Result<Option<Coding>, Fault> {
    let mut all = headers.get_all("grpc-encoding").iter().map(HeaderValue::as_bytes);
    match (Coding::of(headers), all.next(), all.next()) {
        (Ok(None), None | Some(b"identity"), None) => Ok(None),
        (Ok(None), Some(b"gzip"), None) => Ok(Some(Coding::Gzip)),
        (Ok(None), Some(b"zstd"), None) => Ok(Some(Coding::Zstd)),
        _ => Err(Fault::Unsupported("a message in this coding is not passed on")),
    }
}

/// The one message of a call, as it came, and how it is compressed.
fn only(
    body: Bytes,
    coding: Option<Coding>,
    longest: usize,
) -> Result<(Bytes, Option<Coding>), Fault> {
    let frame = Frame::only(body, longest)?;
    match (frame.compressed, coding) {
        (false, _) => Ok((frame.message, None)),
        (true, Some(coding)) => Ok((frame.message, Some(coding))),
        (true, None) => Err(Fault::Malformed("the message is compressed in no way that is told")),
    }
}

/// A message that should hold no more than a name.
async fn question(
    lane: &Arc<Lane>,
    body: Incoming,
    coding: Option<Coding>,
) -> Result<Bytes, Fault> {
    // Whoever asks whether somebody is there does not wait for a place.
    let (body, _held) = lane.read(body, QUESTION + HEAD).await?;
    let (message, coding) = only(body, coding, QUESTION)?;
    let message = match coding {
        Some(coding) => coding.decoded(&message, QUESTION)?.into(),
        None => message,
    };
    if *lane.guard.redact(lane.stage.protocol.surface(), &message) != *message {
        return Err(Fault::Malformed("a secret stands in the question, which is not sent"));
    }
    Ok(message)
}

/// How the message is compressed that is sent.
fn encoding(compression: Compression, came: Option<Coding>) -> Option<CompressionEncoding> {
    match (compression, came) {
        (Compression::Gzip, _) | (Compression::Same, Some(Coding::Gzip)) => {
            Some(CompressionEncoding::Gzip)
        }
        (Compression::Zstd, _) | (Compression::Same, Some(Coding::Zstd)) => {
            Some(CompressionEncoding::Zstd)
        }
        _ => None,
    }
}

/// The upstream's reply, with its trailers among the metadata.
fn replied(mut reply: tonic::Response<Bytes>) -> Result<Response<Body>, Fault> {
    clean(reply.metadata_mut());
    let (metadata, message, _) = reply.into_parts();
    let message = framed(&message).ok_or(Fault::LongReply)?;
    let mut headers = metadata.into_headers();
    headers.remove(STATUS);
    headers.remove("grpc-message");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(message).with_trailers(ready(Some(Ok(trailers))));
    let mut response = Response::new(sent(body));
    *response.headers_mut() = headers;
    Ok(response)
}

fn sent<B>(body: B) -> Body
where
    B: hyper::body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    body.map_err(|never| match never {}).boxed_unsync()
}

/// Takes out what is of one connection or of one message.
fn clean(metadata: &mut MetadataMap) {
    let mut headers = std::mem::take(metadata).into_headers();
    crate::net::headers::without_hops(&mut headers);
    OWN.iter().for_each(|name| drop(headers.remove(*name)));
    *metadata = MetadataMap::from_headers(headers);
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
        let mut status = Status::new(code, format!("keepmum: {}", self.why()));
        if let Self::Unsupported(_) = self {
            let known = MetadataValue::from_static("identity,gzip,zstd");
            status.metadata_mut().insert("grpc-accept-encoding", known);
        }
        status
    }
}
