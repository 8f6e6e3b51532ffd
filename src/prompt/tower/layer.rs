//! What a client is wrapped with.

use tower_layer::Layer;

use super::service::PreSendService;
use crate::prompt::PreSend;
use crate::prompt::request::{Exit, Hosts};

/// Looks through the requests of a client that is a [`Service`](tower_service::Service) of `http::Request`, such as that of
/// `hyper-util`.
///
/// A request to a provider is collected and looked through before the client gets any of it. If nothing is found, the client
/// gets the bytes as they came, in one piece. If it must not be sent, the client is not called: the answer is a response as
/// the provider would give it, with [`Refused`](crate::prompt::Refused) among its extensions. Requests to other hosts pass
/// frame by frame.
///
/// Replies pass as they come. If a rule allows to restore something in them, the client asks for replies that are not
/// compressed, and tool calls get values back.
///
/// What must not leave stands in bodies: addresses and headers are not looked through. Looking takes the time of the task that
/// calls. Put the layer inside of those that try again, and outside of those that compress or sign.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use keepmum::prompt::{OrWhole, PreSend, PreSendLayer};
/// use keepmum::{Redactor, ReferenceKey};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
/// let guard = PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?;
///
/// // Whatever sends requests; this one repeats what it was sent.
/// let client = service_fn(async |request: Request<OrWhole<Full<Bytes>>>| {
///     Ok::<_, std::convert::Infallible>(Response::new(request.into_body()))
/// });
/// let client = PreSendLayer::new(guard).layer(client);
///
/// let body = r#"{"messages": [{"role": "user", "content": "pw: correct horse battery"}]}"#;
/// let request = Request::post("https://api.openai.com/v1/chat/completions").body(Full::from(body))?;
/// let reply = client.oneshot(request).await?.into_body().collect().await?.to_bytes();
/// assert!(reply.starts_with(br#"{"messages": [{"role": "user", "content": "pw: SECRETREF_db_"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PreSendLayer {
    exit: Exit,
}

impl PreSendLayer {
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
}

impl<S> Layer<S> for PreSendLayer {
    type Service = PreSendService<S>;

    fn layer(&self, inner: S) -> PreSendService<S> {
        PreSendService { inner, exit: self.exit.clone() }
    }
}
