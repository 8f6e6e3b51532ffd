//! The stages' own pages: `/healthz` and `/metrics`.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::builder::Inner;
use super::counts;
use crate::net::body::{Body, whole};
#[cfg(feature = "prometheus")]
use crate::otel::Prometheus;

/// Answers whoever asks how it goes. Nothing is asked of the upstreams.
pub(super) fn answer(inner: &Arc<Inner>, request: &Request<Incoming>) -> Response<Body> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "this page is only read\n");
    }
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        "/metrics" => metrics(inner),
        _ => plain(StatusCode::NOT_FOUND, "there are /healthz and /metrics\n"),
    }
}

fn metrics(inner: &Inner) -> Response<Body> {
    let own = counts::text(inner.lanes.iter().map(|lane| (lane.name.as_str(), &lane.counts)));
    #[cfg(feature = "prometheus")]
    if let Some(metrics) = &inner.prometheus {
        return match metrics.text() {
            Ok(text) => typed(StatusCode::OK, Prometheus::CONTENT_TYPE, text + &own),
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "metrics cannot be written\n"),
        };
    }
    typed(StatusCode::OK, "text/plain; version=0.0.4", own)
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", text.to_owned())
}

fn typed(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(whole(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
