//! Clients that are made with `reqwest-middleware`.

use async_trait::async_trait;
use http::Extensions;
use reqwest::{Body, Request, Response, ResponseBuilderExt as _, Url};
use reqwest_middleware::{Middleware, Next, Result};

use super::request::{Exit, Hosts, Restored, refusal};
use super::{Api, PreSend, Reply};

/// Looks through the requests of a client of `reqwest`.
///
/// A request to a provider is collected and looked through before any of it is sent. If nothing is found, its bytes are sent as
/// they came. If it must not be sent, the answer is a response as the provider would give it, with
/// [`Refused`](super::Refused) among its extensions: what reads the provider's errors reads this one. Requests to other hosts
/// pass untouched.
///
/// Replies pass as they come. If a rule allows to restore something in them, replies that are not compressed are asked for,
/// and tool calls get values back.
///
/// What must not leave stands in bodies: addresses and headers are not looked through. Add it after middlewares that try
/// again or change bodies, so that it sees what is sent.
///
/// ```
/// use keepmum::prompt::{PreSend, PreSendMiddleware};
/// use keepmum::{Redactor, ReferenceKey};
///
/// let redactor = Redactor::builder().builtin_rules().build()?;
/// let guard = PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?;
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(PreSendMiddleware::new(guard))
///     .build();
/// # let _ = client;
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PreSendMiddleware {
    exit: Exit,
}

impl PreSendMiddleware {
    /// Looks through requests with `guard`.
    pub fn new(guard: PreSend) -> Self {
        Self { exit: Exit::new(guard) }
    }

    /// Which requests are looked through.
    ///
    /// ### Default
    ///
    /// [`Hosts::providers`].
    #[must_use]
    pub fn hosts(self, hosts: Hosts) -> Self {
        Self { exit: self.exit.with_hosts(hosts) }
    }

    fn api(&self, request: &Request) -> Option<Api> {
        let url = request.url();
        self.exit.api(url.host_str(), url.path(), request.headers())
    }
}

#[async_trait]
impl Middleware for PreSendMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let Some(api) = self.api(&request) else { return next.run(request, extensions).await };
        let url = request.url().clone();
        let body = request.body_mut().take();
        let has_body = body.is_some();
        let method = request.method().clone();
        let looked =
            self.exit.look(api, &method, request.headers_mut(), body.unwrap_or_default()).await;
        match looked {
            Err(refused) => return Ok(response(refusal(refused), url)),
            // A request without a body stays one.
            Ok(body) if has_body => *request.body_mut() = Some(body.into()),
            Ok(_) => {}
        }
        let mut reply = next.run(request, extensions).await?;
        match self.exit.reply(api, reply.headers_mut()) {
            None => Ok(reply),
            Some(restores) => Ok(restored(reply, restores)),
        }
    }
}

/// The same response, in which `restores` has its part.
fn restored(response: Response, restores: Reply) -> Response {
    let url = response.url().clone();
    let response = http::Response::<Body>::from(response);
    self::response(response.map(|body| Body::wrap(Restored::new(body, Some(restores)))), url)
}

/// A response from `url`, which only a builder can be told.
fn response<B: Into<Body>>(response: http::Response<B>, url: Url) -> Response {
    let (head, body) = response.into_parts();
    let mut response = http::Response::new(body);
    let from = http::Response::builder().url(url).body(()).map(http::Response::into_parts);
    if let Ok((from, ())) = from {
        response.extensions_mut().extend(from.extensions);
    }
    *response.status_mut() = head.status;
    *response.version_mut() = head.version;
    *response.headers_mut() = head.headers;
    response.extensions_mut().extend(head.extensions);
    response.into()
}
