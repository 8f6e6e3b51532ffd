//! The life of a request.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use super::body;
use super::builder::Inner;
use super::door::Out;
use super::fault::Fault;
use super::look::{Look, Looked, Sent, surface};
use super::reply::Way;
use super::route::Route;
use super::status::Outcome;
use crate::net::body::Body;
use crate::net::coding::Coding;
use crate::net::headers;
use crate::net::media::MediaType;
use crate::prompt::{Api, Refused, Why};

/// Tells whether the gateway lives.
pub(super) const HEALTH: &str = "/healthz";

/// Answers `request`, whatever it is.
pub(super) async fn answer(inner: Arc<Inner>, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = match inner.door.enter(&parts) {
        Ok(path) => path.to_owned(),
        // Whoever watches whether the gateway lives need not know more.
        Err(Out::Token) if parts.uri.path() == HEALTH => HEALTH.to_owned(),
        Err(out) => return stays_out(out),
    };
    if let Some(page) = inner.own(&parts, &path) {
        return page;
    }
    let Some((route, rest)) = inner.routes.of(&path) else {
        return Fault::new(StatusCode::NOT_FOUND, "no upstream of this name").response(Api::Json);
    };
    let api = route.api(rest);
    let going = Going { inner: &inner, route, api };
    going.run(parts, rest, body).await.unwrap_or_else(|fault| {
        inner.status.ended(match fault {
            Fault::Refused(_) => Outcome::Refused,
            Fault::Gateway(status, _) if status.is_client_error() => Outcome::Refused,
            Fault::Gateway(..) => Outcome::Failed,
        });
        fault.response(api)
    })
}

fn stays_out(out: Out) -> Response<Body> {
    let fault = match out {
        Out::Host => {
            Fault::new(StatusCode::FORBIDDEN, "this host is not allowed; see --allow-host")
        }
        Out::Origin => {
            Fault::new(StatusCode::FORBIDDEN, "pages may not use this gateway; see --allow-host")
        }
        Out::Token => Fault::new(StatusCode::NOT_FOUND, "nothing is here"),
    };
    fault.response(Api::Json)
}

/// A request that goes somewhere.
struct Going<'a> {
    inner: &'a Arc<Inner>,
    route: &'a Route,
    api: Api,
}

impl Going<'_> {
    async fn run(
        &self,
        mut parts: Parts,
        rest: &str,
        body: Incoming,
    ) -> Result<Response<Body>, Fault> {
        let busy = |_| Fault::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once");
        let permit = Arc::clone(&self.inner.places).try_acquire_owned().map_err(busy)?;
        refuse_upgrade(&parts)?;
        let looked = self.looked(&parts, body).await?;
        let target = self
            .route
            .target(rest, parts.uri.query())
            .ok_or_else(|| Fault::new(StatusCode::BAD_REQUEST, "the address is none"))?;
        let body = self.outgoing(&mut parts.headers, looked.body);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = parts.method;
        *request.uri_mut() = target;
        *request.headers_mut() = parts.headers;
        let reply = self.inner.upstream.send(request).await?;
        self.inner.status.ended(Outcome::Passed);
        Ok(Way { inner: self.inner, api: self.api, permit }.pass(reply))
    }

    /// Reads and looks through all of it that is sent, but for the path and the headers.
    async fn looked(&self, parts: &Parts, body: Incoming) -> Result<Looked, Fault> {
        let (inner, api) = (self.inner, self.api);
        let why = Why::Unreadable("a body in this coding");
        let coding =
            Coding::of(&parts.headers).map_err(|_| Fault::Refused(Refused::new(api, why)))?;
        let longest = inner.pre_send.longest();
        let body = body::read(body, api, longest, inner.limits.body_time).await?;
        // The upstream must not read it in another way.
        let unclear =
            |_| Fault::Refused(Refused::new(api, Why::Unreadable("a body of this media type")));
        let kind = MediaType::of(&parts.headers).map_err(unclear)?;
        let media_type = parts.headers.get(CONTENT_TYPE).and_then(|one| one.to_str().ok());
        let look = Look {
            pre_send: inner.pre_send.clone(),
            account: inner.account.clone(),
            api,
            route: self.route.name.clone(),
            media_type: media_type.unwrap_or("").to_owned(),
            kind,
            coding,
            query: parts.uri.query().map(str::to_owned),
            body,
        };
        let looked = look.run().await?;
        inner.status.found(surface(api), &self.route.name, &looked.report);
        Ok(looked)
    }

    /// The body to send, and its headers.
    fn outgoing(&self, headers: &mut HeaderMap, body: Sent) -> Bytes {
        // Of no body, a length of 0 is told where one was told.
        let told = headers.get(CONTENT_LENGTH).cloned();
        headers::outgoing(headers);
        if self.restores() {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        match body {
            Sent::AsItCame(body) => {
                if let Some(zero) = told.filter(|_| body.is_empty()) {
                    headers.insert(CONTENT_LENGTH, zero);
                }
                body
            }
            Sent::Changed(body) => {
                headers.remove(CONTENT_ENCODING);
                body.into()
            }
        }
    }

    /// Whether something may be restored in the reply.
    fn restores(&self) -> bool {
        let kinds = ["text/event-stream", "application/json", "application/x-ndjson"];
        kinds.iter().any(|kind| self.inner.pre_send.reply(self.api, kind).is_some())
    }
}

/// What comes after an upgrade cannot be looked into.
fn refuse_upgrade(parts: &Parts) -> Result<(), Fault> {
    if parts.method != Method::CONNECT && !parts.headers.contains_key(UPGRADE) {
        return Ok(());
    }
    let why = "WebSockets and other upgrades cannot be looked into; use plain requests";
    Err(Fault::new(StatusCode::NOT_IMPLEMENTED, why))
}
