//! What a client is told instead of a reply.

use std::borrow::Cow;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

use crate::net::body::{Body, whole};
use crate::prompt::{Api, Refused};

/// A request that gets no reply from its upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It must not be sent.
    Refused(Refused),
    /// The gateway or what is behind it cannot.
    Gateway(StatusCode, Cow<'static, str>),
}

impl Fault {
    pub(super) fn new(status: StatusCode, why: &'static str) -> Self {
        Self::Gateway(status, Cow::Borrowed(why))
    }

    /// Something panicked, or cannot be accounted for: nothing was sent.
    pub(super) fn internal(why: &'static str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refused) => {
                StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::Gateway(status, _) => *status,
        }
    }

    /// As the provider itself would put it.
    pub(super) fn response(&self, api: Api) -> Response<Body> {
        let body = match self {
            Self::Refused(refused) => refused.body(),
            Self::Gateway(status, why) => body(api, *status, why),
        };
        let mut response = Response::new(whole(body));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

fn body(api: Api, status: StatusCode, why: &str) -> Vec<u8> {
    let message = format!("keepmum: {why}");
    let body = match api {
        Api::Anthropic => {
            json!({"type": "error", "error": {"type": anthropic(status), "message": message}})
        }
        Api::OpenAiChat | Api::OpenAiResponses => {
            let kind =
                if status.is_server_error() { "server_error" } else { "invalid_request_error" };
            json!({"error": {"message": message, "type": kind, "param": null, "code": "keepmum_gateway"}})
        }
        Api::Gemini => json!({
            "error": {"code": status.as_u16(), "message": message, "status": gemini(status)}
        }),
        Api::Bedrock => json!({"message": message}),
        Api::Slack | Api::SlackAppend | Api::SlackStop => {
            json!({"ok": false, "error": "keepmum_gateway", "detail": message})
        }
        _ => json!({"error": message}),
    };
    body.to_string().into_bytes()
}

fn anthropic(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        503 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn gemini(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        501 => "UNIMPLEMENTED",
        502 | 503 => "UNAVAILABLE",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
