//! The gateway's own pages: `/`, `/status.json`, `/metrics` and `/healthz`.

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::super::builder::Inner;
use super::super::fault::Fault;
use super::super::request::HEALTH;
use crate::net::body::{Body, whole};
use crate::prompt::Api;
use crate::store::SecretStore;

/// The status page: one file, with its style and its script, which may run for this nonce alone.
const PAGE: &str = include_str!("page.html");
const NONCE: &str = "{nonce}";

impl Inner {
    /// The gateway's own page at `path`, if there is one.
    pub(in super::super) fn own(&self, parts: &Parts, path: &str) -> Option<Response<Body>> {
        let page = match path {
            "/" => page(),
            "/status.json" => typed("application/json", self.status_json().to_string()),
            "/metrics" => self.metrics(),
            HEALTH => typed("text/plain; charset=utf-8", "ok\n".to_owned()),
            _ => return None,
        };
        if parts.method == Method::GET || parts.method == Method::HEAD {
            return Some(page);
        }
        let fault = Fault::new(StatusCode::METHOD_NOT_ALLOWED, "this page is only read");
        let mut response = fault.response(Api::Json);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        Some(response)
    }

    fn status_json(&self) -> Value {
        let mut value = self.status.json();
        value["sources"] = self.store.as_ref().map_or(Value::Null, sources);
        value
    }

    #[cfg(feature = "prometheus")]
    fn metrics(&self) -> Response<Body> {
        use crate::otel::Prometheus;

        let Some(metrics) = &self.prometheus else { return self.counters() };
        match metrics.text() {
            Ok(text) => typed(Prometheus::CONTENT_TYPE, text + &self.status.text()),
            Err(_) => Fault::internal("metrics cannot be written").response(Api::Json),
        }
    }

    #[cfg(not(feature = "prometheus"))]
    fn metrics(&self) -> Response<Body> {
        self.counters()
    }

    fn counters(&self) -> Response<Body> {
        typed("text/plain; version=0.0.4", self.status.text())
    }
}

fn sources(store: &SecretStore) -> Value {
    let counts = store.counts();
    json!({
        "generation": counts.generation(),
        "age_seconds": counts.age().as_secs(),
        "refreshes": counts.refreshes(),
        "failures": counts.failures(),
        "failing": counts.failing(),
    })
}

fn page() -> Response<Body> {
    let mut nonce = [0; 16];
    if getrandom::fill(&mut nonce).is_err() {
        return Fault::internal("no random numbers").response(Api::Json);
    }
    let nonce = format!("{:032x}", u128::from_ne_bytes(nonce));
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = typed("text/html; charset=utf-8", PAGE.replace(NONCE, &nonce));
    if let Ok(policy) = policy.parse() {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn typed(kind: &'static str, text: String) -> Response<Body> {
    const OWN: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    let mut response = Response::new(whole(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The token stands in the address.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OWN, HeaderValue::from_static("same-origin"));
    response
}
