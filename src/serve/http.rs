//! The life of a request over HTTP.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response};

use super::counts::Outcome;
use super::fault::Fault;
use super::lane::Lane;
use super::look::{Format, Look, Looked};
use crate::net::body::{Body, whole};
use crate::net::coding::Coding;
use crate::net::headers;
use crate::net::media::MediaType;

/// Checksums of the body that came. Of another one they are wrong, and of a secret they tell something.
const CHECKSUMS: [HeaderName; 4] = [
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
];

/// Answers a request of a stage of `http`.
pub(super) async fn answer(lane: Arc<Lane>, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let answered = pass(&lane, parts, body, format).await;
    answered.unwrap_or_else(|fault| {
        let mut response = Response::new(whole(format!("keepmum: {}\n", fault.why())));
        *response.status_mut() = fault.status();
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    })
}

/// Passes a request on, and the reply back. `format` tells what the body is.
pub(super) async fn pass(
    lane: &Arc<Lane>,
    parts: Parts,
    body: Incoming,
    format: impl FnOnce(&Parts) -> Result<Format, Fault>,
) -> Result<Response<Body>, Fault> {
    let passed = go(lane, parts, body, format).await;
    lane.counts.ended(match &passed {
        Ok(reply) if reply.status().is_client_error() || reply.status().is_server_error() => {
            Outcome::Rejected
        }
        Ok(_) => Outcome::Passed,
        Err(fault) => fault.outcome(),
    });
    passed
}

async fn go(
    lane: &Arc<Lane>,
    mut parts: Parts,
    body: Incoming,
    format: impl FnOnce(&Parts) -> Result<Format, Fault>,
) -> Result<Response<Body>, Fault> {
    if parts.method == Method::CONNECT || parts.headers.contains_key(UPGRADE) {
        return Err(Fault::Upgrade);
    }
    let format = format(&parts)?;
    let target = lane.upstream.target(&parts.uri).ok_or(Fault::Malformed("the path is none"))?;
    let (body, _place) = if body.is_end_stream() {
        // Whoever asks whether somebody is there does so without a body, and does not wait.
        headers::outgoing(&mut parts.headers);
        (Bytes::new(), None)
    } else {
        let coding = Coding::of(&parts.headers)
            .map_err(|_| Fault::Unsupported("a body in this coding is not passed on"))?;
        let (body, place) = lane.taken(body, lane.limits.longest).await?;
        let (lane, compression) = (Arc::clone(lane), lane.stage.compression);
        let look = Look { lane, format, coding, compression, body };
        let (looked, place) = look.run(place).await?;
        (outgoing(&mut parts.headers, coding, looked), Some(place))
    };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = target;
    *request.headers_mut() = parts.headers;
    let (mut parts, body) = lane.upstream.send(request).await?.into_parts();
    headers::without_hops(&mut parts.headers);
    let body = if body.is_empty() {
        // No length is added that was not there: this may answer a HEAD.
        http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync()
    } else {
        whole(body)
    };
    Ok(Response::from_parts(parts, body))
}

/// The body to send, and its headers.
fn outgoing(headers: &mut HeaderMap, came: Option<Coding>, looked: Looked) -> Bytes {
    // Of no body, a length of 0 is told where one was told.
    let told = headers.get(CONTENT_LENGTH).cloned();
    headers::outgoing(headers);
    if let Some(told) = told.filter(|_| looked.body.is_empty()) {
        headers.insert(CONTENT_LENGTH, told);
    }
    if looked.changed {
        CHECKSUMS.iter().for_each(|name| drop(headers.remove(name)));
    }
    if looked.coding != came {
        headers.remove(CONTENT_ENCODING);
        if let Some(coding) = looked.coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
        }
    }
    looked.body
}

/// What a body is by its media type. One that says nothing is lines: what is no JSON among them is text.
fn format(parts: &Parts) -> Result<Format, Fault> {
    let refused = Fault::Unsupported("a body of this media type is not passed on");
    let kind = MediaType::of(&parts.headers).map_err(|_| refused)?;
    let Some(kind) = kind else { return Ok(Format::Lines) };
    let (kind, of) = kind.essence().split_once('/').unwrap_or_default();
    let is_json = of == "json" || of.ends_with("+json");
    let is_lines =
        ["x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "json-seq", "x-json-stream"];
    match kind {
        "text" => Ok(Format::Lines),
        "application" if is_json || is_lines.contains(&of) => Ok(Format::Lines),
        "application" if ["msgpack", "x-msgpack", "vnd.msgpack"].contains(&of) => {
            Ok(Format::MessagePack)
        }
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[track_caller]
    fn of(written: Option<&str>) -> Result<Format, StatusCode> {
        let request = Request::builder();
        let request = written.into_iter().fold(request, |all, one| all.header(CONTENT_TYPE, one));
        let parts = request.body(()).expect("a request").into_parts().0;
        format(&parts).map_err(Fault::status)
    }

    #[test]
    fn what_says_nothing_else_is_lines() {
        for written in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/x-ndjson",
            "application/ld+json",
            "text/plain",
            "text/plain; charset=\"utf-8\"",
        ] {
            assert!(matches!(of(Some(written)), Ok(Format::Lines)), "{written}");
        }
        assert!(matches!(of(None), Ok(Format::Lines)));
        assert!(matches!(of(Some("application/x-msgpack")), Ok(Format::MessagePack)));
    }

    #[test]
    fn what_cannot_be_looked_through_is_refused() {
        for written in [
            "",
            "json",
            "text/plain; charset=utf-16",
            "text/plain, application/json",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "image/png",
        ] {
            let status = of(Some(written)).expect_err(written);
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
    }
}
