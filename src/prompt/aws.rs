//! Clients of the AWS SDK.

use std::borrow::Cow;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

use super::caught::caught;
use super::{Api, PreSend, Refused, Why};

const STREAMS: Why = Why::Unreadable("a body that streams");
const COMPRESSED: Why = Why::Unreadable("a compressed body");

/// Looks through the requests of a client of the AWS SDK, such as that of Bedrock, before they are signed: a gateway behind
/// the signature could not change them.
///
/// A request that must not be sent, one whose body streams, and one that is compressed end with an error whose sources hold
/// [`Refused`]. It is neither signed nor sent, nor tried again. Every request of the client is looked through. An interceptor
/// that is added later is not: add this one last.
///
/// Replies pass as they come.
///
/// ```
/// use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
/// use keepmum::prompt::{PreSend, PreSendInterceptor};
/// use keepmum::{Redactor, ReferenceKey};
///
/// let redactor = Redactor::builder().builtin_rules().build()?;
/// let guard = PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?;
/// // aws_sdk_bedrockruntime::config::Builder::from(&config).interceptor(…)
/// let interceptor = SharedInterceptor::new(PreSendInterceptor::new(guard));
/// # let _ = interceptor;
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PreSendInterceptor {
    guard: PreSend,
}

impl PreSendInterceptor {
    /// Looks through requests with `guard`.
    pub fn new(guard: PreSend) -> Self {
        Self { guard }
    }

    /// Puts what may be sent in place of the body.
    fn look(&self, request: &mut HttpRequest) -> Result<(), Refused> {
        let api = api(request.uri());
        let Some(body) = request.body().bytes() else { return Err(Refused::new(api, STREAMS)) };
        if body.is_empty() {
            return Ok(());
        }
        if request.headers().contains_key("content-encoding") {
            return Err(Refused::new(api, COMPRESSED));
        }
        let kind = request.headers().get("content-type").unwrap_or_default();
        let Cow::Owned(new) = self.guard.redact_request(api, kind, body)?.body else {
            return Ok(());
        };
        // The serializer told the length of what it wrote.
        if request.headers_mut().remove("content-length").is_some() {
            request.headers_mut().insert("content-length", new.len().to_string());
        }
        *request.body_mut() = SdkBody::from(new);
        Ok(())
    }
}

impl Intercept for PreSendInterceptor {
    fn name(&self) -> &'static str {
        "keepmum::PreSendInterceptor"
    }

    /// Called at each attempt, with the request as it was serialized: an attempt does not see what another has changed.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        Ok(caught(api(request.uri()), || self.look(request))?)
    }
}

/// What a request to `uri` is: Bedrock's own shape, or, where it only passes bodies on, that of the model's maker.
fn api(uri: &str) -> Api {
    let path = uri.split('?').next().unwrap_or_default();
    let invokes = path.ends_with("/invoke") || path.ends_with("/invoke-with-response-stream");
    match invokes {
        true if path.contains("anthropic.") => Api::Anthropic,
        true => Api::Json,
        false => Api::Bedrock,
    }
}
