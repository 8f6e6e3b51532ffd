//! OTLP over HTTP, and over gRPC on the same listener.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use serde_json::json;

use super::fault::Fault;
use super::grpc;
use super::http::pass;
use super::lane::Lane;
use super::look::Format;
use crate::net::body::{Body, whole};
use crate::net::media::MediaType;
use crate::structured::Protobuf;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// Answers a request of a stage of `otlp`, in the form in which it came.
pub(super) async fn answer(lane: Arc<Lane>, request: Request<Incoming>) -> Response<Body> {
    if grpc::is_call(request.headers()) {
        return grpc::answer(lane, request).await;
    }
    let (parts, body) = request.into_parts();
    let kind = kind(&parts);
    pass(&lane, parts, body, format).await.unwrap_or_else(|fault| refused(fault, kind))
}

/// The media type of the request and of what is told about it.
fn kind(parts: &Parts) -> Option<&'static str> {
    let kind = MediaType::of(&parts.headers).ok()??;
    [PROTOBUF, JSON].into_iter().find(|known| kind.essence() == *known)
}

fn format(parts: &Parts) -> Result<Format, Fault> {
    if parts.method != Method::POST {
        return Err(Fault::Method);
    }
    let protobuf = match parts.uri.path() {
        "/v1/logs" => Protobuf::OTLP_LOGS,
        "/v1/traces" => Protobuf::OTLP_TRACES,
        "/v1/metrics" => Protobuf::OTLP_METRICS,
        _ => return Err(Fault::Nowhere),
    };
    match kind(parts) {
        Some(PROTOBUF) => Ok(Format::Protobuf(protobuf)),
        Some(_) => Ok(Format::Json),
        None => Err(Fault::Unsupported("OTLP is application/x-protobuf or application/json")),
    }
}

/// The error as the protocol has it: a `google.rpc.Status` in the request's own form.
fn refused(fault: Fault, kind: Option<&'static str>) -> Response<Body> {
    let message = format!("keepmum: {}", fault.why());
    let kind = kind.unwrap_or(JSON);
    let body = match kind {
        PROTOBUF => status(&message),
        _ => json!({ "message": message }).to_string().into(),
    };
    let mut response = Response::new(whole(body));
    *response.status_mut() = fault.status();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// `message` is field 2, and shorter than 128 bytes.
fn status(message: &str) -> Bytes {
    let length = u8::try_from(message.len()).ok().filter(|&length| length < 0x80);
    let Some(length) = length else { return Bytes::new() };
    let mut body = BytesMut::with_capacity(2 + message.len());
    body.put_slice(&[0x12, length]);
    body.put_slice(message.as_bytes());
    body.freeze()
}
