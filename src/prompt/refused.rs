//! A request that is not sent, and what its sender is told.

use std::fmt;

use serde_json::json;

use super::api::Api;
use crate::structured::Malformed;

/// A request that must not be sent. Its texts name rules, secrets and fields, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    api: Api,
    why: Why,
}

/// Why a request is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// A secret stands where nothing may change.
    Fixed {
        /// The secret's name or the rule's id.
        name: String,
        /// In which field.
        place: String,
    },
    /// The mode of what was found says so.
    Blocked {
        /// The secret's name or the rule's id.
        name: String,
        /// In which field.
        place: String,
    },
    /// The body is not what its type says.
    Malformed(Malformed),
    /// The body cannot be looked into; what it is.
    Unreadable(&'static str),
    /// The body is longer than so many bytes.
    TooLarge(u64),
}

impl Refused {
    /// A request of `api` that is not sent.
    pub fn new(api: Api, why: Why) -> Self {
        Self { api, why }
    }

    /// Why.
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// The HTTP status that a sender is told.
    pub fn status(&self) -> u16 {
        match self.why {
            Why::TooLarge(_) => 413,
            Why::Unreadable(_) => 415,
            _ => 400,
        }
    }

    /// The body that a sender is told, as the provider itself would put it: clients know it for an error that no repetition
    /// cures.
    pub fn body(&self) -> Vec<u8> {
        let message = self.to_string();
        let kind = match self.why {
            Why::TooLarge(_) => "request_too_large",
            _ => "invalid_request_error",
        };
        let body = match self.api {
            Api::Anthropic => {
                json!({"type": "error", "error": {"type": kind, "message": message}})
            }
            Api::OpenAiChat | Api::OpenAiResponses => json!({
                "error": {"message": message, "type": "invalid_request_error", "param": null, "code": "keepmum_refused"}
            }),
            Api::Gemini => json!({
                "error": {"code": self.status(), "message": message, "status": "INVALID_ARGUMENT"}
            }),
            Api::Bedrock => json!({"message": message}),
            Api::Slack | Api::SlackAppend | Api::SlackStop => {
                json!({"ok": false, "error": "keepmum_refused", "detail": message})
            }
            Api::Ollama | Api::Json => json!({"error": message}),
        };
        body.to_string().into_bytes()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keepmum did not send this request: ")?;
        match &self.why {
            Why::Fixed { name, place } => write!(
                f,
                "`{name}` stands in {place}, which must not be changed; take it out or use another value"
            ),
            Why::Blocked { name, place } => write!(f, "`{name}` stands in {place} and is blocked"),
            Why::Malformed(malformed) => write!(f, "{malformed}"),
            Why::Unreadable(what) => write!(f, "{what} cannot be looked into"),
            Why::TooLarge(most) => write!(f, "its body is longer than {most} bytes"),
        }
    }
}

impl std::error::Error for Refused {}
